"""What of a data set is missing, stale or current: the keys that a run would compare, compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from recdag.errors import RecdagError
from recdag.evaluation.protocols import PROTOCOLS
from recdag.graph import data
from recdag.graph.evaluation_plan import plan_evaluation
from recdag.graph.feasibility import model_refusal, refusal
from recdag.graph.model_folder import Card
from recdag.graph.reasons import table_changes, training_changes
from recdag.graph.recommendations import ASSET as RECOMMENDATIONS
from recdag.graph.recommendations import DEFAULT_MODELS, recommendations_key
from recdag.graph.request import TrainingRequest, request_of
from recdag.graph.snapshot import Snapshot
from recdag.graph.splits import split_asset, split_from
from recdag.graph.standing import SETTLED, Standing, State
from recdag.graph.step import MadeFrom
from recdag.graph.study_request import StudyRequest
from recdag.graph.study_runs import plan_study, study_key
from recdag.graph.training import plan_training
from recdag.papers.catalogue import PAPERS
from recdag.papers.paper import Paper
from recdag.serving.service import TOP
from recdag.studies.base import Study

Recorded = Mapping[tuple[str, str], str]


class Inspection:
    """Goes through the assets of one data set in the order of the graph."""

    def __init__(self, project: Snapshot, dataset: str, recorded: Recorded) -> None:
        self._project = project
        self._dataset = dataset
        self._recorded = recorded
        self._found: dict[str, Standing] = {}
        self._unsettled: set[str] = set()

    def run(self) -> list[Standing]:
        """All standings; of studies that train many models, those that have been run."""
        self._tables()
        for paper in PAPERS.values():
            if reason := refusal(self._project, self._dataset, paper.id):
                self._leave_out(paper, reason)
                continue
            self._results(paper)
            for study in paper.studies:
                self._study(paper, study)
        self._recommendations()
        return list(self._found.values())

    def run_results(self, paper: Paper) -> list[Standing]:
        """Standings of what the results of one paper are made of, and of its evaluation.

        A model is taken as it was asked for: tuned, with another seed or with values set for a run.
        """
        self._tables()
        self._results(paper, as_asked=True)
        return list(self._found.values())

    def _results(self, paper: Paper, *, as_asked: bool = False) -> None:
        for model in paper.nodes:
            self._model(paper, model, as_asked=as_asked)
        self._evaluation(paper)

    def _leave_out(self, paper: Paper, reason: str) -> None:
        for name in (*paper.nodes, "evaluation", *(study.id for study in paper.studies if study.quick)):
            self._put(f"{paper.id}/{name}", "left out", [reason])

    def _put(self, asset: str, state: State, reasons: Iterable[str] = ()) -> None:
        self._found[asset] = Standing(asset, state, tuple(reasons))

    def _follow(self, asset: str, needs: Iterable[str]) -> None:
        """Nothing of its own has changed: the asset is as what it needs."""
        waits = [need for need in needs if self._found[need].state not in ("current", "left out")]
        self._put(asset, "follows" if waits else "current", [f"after {_listed(waits)}"] if waits else [])

    def _any_away(self, needs: Iterable[str]) -> bool:
        return any(self._found[need].state in ("missing", "not made") for need in needs)

    def _tables(self) -> None:
        project, name = self._project, self._dataset
        raw = project.raw_version(name)
        there = project.at_hand(name)
        self._put("raw_files", "current" if there else "missing", [] if there else ["the files are away"])
        if raw is not None:
            self._table("events", ["raw_files"], lambda: data.events_from(project, name, raw))
        elif project.warehouse.provenance(name, "events") is None:
            self._put("events", "not made")
        else:
            self._put("events", "follows", ["after a look into the raw files, which are large and new"])
        self._table("interactions", ["events"], lambda: data.interactions_from(project, name))
        self._table("binarized", ["interactions"], lambda: data.binarized_from(project, name))
        self._table("relative_rating", ["binarized"], lambda: data.relative_rating_from(project, name))
        for protocol in PROTOCOLS:
            made_from = lambda protocol=protocol: split_from(project, name, protocol)  # noqa: E731
            self._table(split_asset(protocol), ["interactions", "binarized"], made_from)

    def _table(self, asset: str, needs: Sequence[str], made_from: Callable[[], MadeFrom]) -> None:
        known = self._project.warehouse.provenance(self._dataset, asset)
        if known is None:
            self._put(asset, "not made")
        elif self._any_away(needs):
            self._follow(asset, needs)
        elif known.key != (now := made_from()).key(asset):
            self._put(asset, "stale", table_changes(known.metadata.get("made_from"), now))
        else:
            self._follow(asset, needs)

    def _model(self, paper: Paper, model: str, *, as_asked: bool) -> None:
        asset, split = f"{paper.id}/{model}", split_asset(paper.protocol)
        card = Card.read(self._project.trained(self._dataset, paper.id, model))
        if reason := model_refusal(self._project, self._dataset, paper.id, model):
            self._put(asset, "left out", [reason])
        elif card is None:
            self._put(asset, "missing" if (self._dataset, asset) in self._recorded else "not made")
        elif self._any_away([split]):
            self._follow(asset, [split])
        else:
            plain = TrainingRequest(self._dataset, paper.id, model)
            plan = plan_training(self._project, request_of(card) if as_asked else plain)
            if plan.key != card.key:
                self._put(asset, "stale", training_changes(card, plan))
            else:
                self._follow(asset, [split])
        if self._found[asset].state not in SETTLED:
            self._unsettled.add(asset)

    def _evaluation(self, paper: Paper) -> None:
        asset, every = f"{paper.id}/evaluation", [f"{paper.id}/{model}" for model in paper.nodes]
        models = [model for model in every if self._found[model].state != "not made"]
        if not any((self._dataset, model) in self._recorded for model in models):
            self._put(asset, "not made")
        elif self._any_away([split_asset(paper.protocol)]):
            self._follow(asset, models)
        else:
            plan = plan_evaluation(self._project, self._dataset, paper.id)
            stale = [f"{paper.id}/{model}" for model in plan.stale(self._recorded)]
            self._unsettled.update(stale)
            waits = [model for model in models if self._found[model].state not in SETTLED]
            if stale:
                known = [model for model in stale if (self._dataset, model) in self._recorded]
                new = [model for model in stale if model not in known]
                reasons = {"not measured as it is now": known, "trained, but not measured yet": new}
                self._put(
                    asset, "stale", [f"{why}: {_listed(which)}" for why, which in reasons.items() if which]
                )
            elif waits or plan.described(self._recorded):
                self._follow(asset, models)
            else:
                self._put(asset, "stale", ["its tests between models or what is told of trainings changed"])

    def _study(self, paper: Paper, study: Study) -> None:
        asset = f"{paper.id}/{study.id}"
        known = self._recorded.get((self._dataset, asset))
        if reason := study.refusal(self._project.dataset(self._dataset)):
            self._put(asset, "left out", [reason])
            return
        if known is None:
            if study.quick:
                self._put(asset, "not made")
            return
        needs = self._needs(paper, study)
        request = StudyRequest(self._project, self._dataset, paper.id)
        try:
            key = study_key(study, plan_study(request, study))
        except RecdagError as error:
            self._put(asset, "follows", [error.problem])
            return
        if key != known:
            self._put(asset, "stale", ["what it shows, or the study itself, changed"])
        else:
            self._follow(asset, needs)

    def _needs(self, paper: Paper, study: Study) -> list[str]:
        """The assets that decide whether a study's rows stay as they are."""
        reads = study.reads()
        models = [f"{paper.id}/{model}" for model in reads.models]
        unsettled = [model for model in models if model in self._unsettled]
        return [*reads.tables, *([split_asset(paper.protocol)] if reads.split else []), *unsettled]

    def _recommendations(self) -> None:
        known = self._recorded.get((self._dataset, RECOMMENDATIONS))
        lacking = [name for name in DEFAULT_MODELS if self._found[name].state == "left out"]
        if lacking:
            self._put(RECOMMENDATIONS, "left out", [f"{_listed(lacking)} is left out"])
            return
        if known is None:
            self._put(RECOMMENDATIONS, "not made")
            return
        places = {name: self._project.trained(self._dataset, *name.split("/")) for name in DEFAULT_MODELS}
        cards = {name: card for name, folder in places.items() if (card := Card.read(folder)) is not None}
        needs = [*DEFAULT_MODELS, "interactions", "binarized"]
        if len(cards) < len(DEFAULT_MODELS) or self._any_away(["binarized"]):
            self._follow(RECOMMENDATIONS, needs)
        elif known != recommendations_key(self._project, self._dataset, cards, TOP):
            self._put(RECOMMENDATIONS, "stale", [f"not the lists of {_listed(DEFAULT_MODELS)} as it is now"])
        else:
            self._follow(RECOMMENDATIONS, needs)


def _listed(names: Sequence[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
