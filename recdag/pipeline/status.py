"""What of a data set is missing, stale or current: the keys that a run would compare, compared.

`stale` and `missing` is what a plain run would compute. What `follows` has everything as it was, but
hangs on something that a run would compute: it is computed where that comes out different. What is
`left out` cannot be made of these data, or on this machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from recdag.errors import ConfigError, DataError, RecdagError
from recdag.evaluation.protocols import PROTOCOLS
from recdag.papers.catalogue import PAPERS
from recdag.papers.paper import Paper
from recdag.papers.study import Counts, Grid, Study
from recdag.pipeline import data
from recdag.pipeline.applicability import model_refusal, refusal
from recdag.pipeline.comparing import EVERYWHERE, comparison_key, report_key, written_report
from recdag.pipeline.evaluating import plan_evaluation
from recdag.pipeline.reasons import table_changes, training_changes
from recdag.pipeline.recommendations import ASSET as RECOMMENDATIONS
from recdag.pipeline.recommendations import DEFAULT_MODELS, recommendations_key
from recdag.pipeline.recommending import TOP
from recdag.pipeline.snapshot import Snapshot
from recdag.pipeline.splits import split_asset, split_from
from recdag.pipeline.steps import MadeFrom
from recdag.pipeline.studies.request import StudyRequest
from recdag.pipeline.studies.run import plan_study, study_key
from recdag.pipeline.trained import Card
from recdag.pipeline.training import TrainingRequest, plan_training
from recdag.warehouse.queries import recorded_keys

State = Literal["current", "stale", "follows", "missing", "failed", "left out"]
SETTLED: tuple[State, ...] = ("current", "left out")
Recorded = Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class Standing:
    """How one asset of a data set stands."""

    asset: str
    state: State
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Status:
    """How the assets of a data set stand, inputs before what is made of them.

    Attributes:
        dataset: its name; empty for the assets that all data sets share.
        made: whether a run has stored anything of it.
        problem: why it cannot be looked at.
    """

    dataset: str
    standings: tuple[Standing, ...] = ()
    made: bool = True
    problem: str = ""

    def of(self, state: State) -> list[Standing]:
        """The assets in one state."""
        return [each for each in self.standings if each.state == state]

    @property
    def current(self) -> bool:
        """Whether a run would compute nothing."""
        return not self.problem and all(each.state in SETTLED for each in self.standings)

    def with_failures(self, failures: Mapping[str, str]) -> Status:
        """The same, where what is not current may have failed when it was last tried.

        Args:
            failures: asset -> first line of the message.
        """
        told = tuple(
            replace(each, state="failed", reasons=(failures[each.asset], *each.reasons))
            if each.asset in failures and each.state not in SETTLED
            else each
            for each in self.standings
        )
        return replace(self, standings=told)


def project_status(project: Snapshot, datasets: Sequence[str] | None = None) -> list[Status]:
    """One status a data set that has something stored or its files at hand; last, what all share.

    Raises:
        ConfigError: one of `datasets` is unknown.
        DataError: the published file cannot be read.
    """
    with project.published.reading() as connection:
        recorded = recorded_keys(connection)
    names = list(datasets) if datasets is not None else sorted(project.catalogue)
    found = [dataset_status(project, name, recorded) for name in names]
    if datasets is None:
        found = [each for each in found if each.made or project.at_hand(each.dataset)]
    settled = all(each.current for each in found if each.made)
    return [*found, *shared_status(project, recorded, settled)]


def dataset_status(project: Snapshot, dataset: str, recorded: Recorded) -> Status:
    """How the assets of one data set stand.

    Args:
        recorded: keys of the published file.
    """
    project.dataset(dataset)
    if not project.warehouse.path(dataset).exists():
        return Status(dataset, made=False)
    try:
        return Status(dataset, tuple(Inspection(project, dataset, recorded).run()))
    except (ConfigError, DataError) as error:
        return Status(dataset, problem=str(error))


def shared_status(project: Snapshot, recorded: Recorded, settled: bool) -> list[Status]:
    """How comparison and report stand; nothing where there is nothing to compare.

    Args:
        settled: no data set has anything to compute.
    """
    if not recorded:
        return []
    key = recorded.get(EVERYWHERE)
    comparison = _shared("comparison", key, comparison_key(project, recorded), settled)
    settled = comparison.state == "current"
    return [
        Status("", (comparison, _shared("report", written_report(project), report_key(recorded), settled)))
    ]


def _shared(asset: str, known: str | None, key: str, settled: bool) -> Standing:
    if known is None:
        return Standing(asset, "missing")
    if known != key:
        return Standing(asset, "stale", ("results changed",))
    return Standing(asset, "current" if settled else "follows")


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
        """Standings of what the results of one paper are made of, and of its evaluation."""
        self._tables()
        self._results(paper)
        return list(self._found.values())

    def _results(self, paper: Paper) -> None:
        for model in paper.nodes:
            self._model(paper, model)
        self._evaluation(paper)

    def _leave_out(self, paper: Paper, reason: str) -> None:
        for name in (*paper.nodes, "evaluation", *(study.id for study in paper.studies if study.quick)):
            self._put(f"{paper.id}/{name}", "left out", [reason])

    def _put(self, asset: str, state: State, reasons: Iterable[str] = ()) -> None:
        self._found[asset] = Standing(asset, state, tuple(reasons))

    def _follow(self, asset: str, needs: Iterable[str]) -> None:
        """Nothing of its own has changed: the asset is as what it needs."""
        waits = [need for need in needs if self._found[need].state not in SETTLED]
        self._put(asset, "follows" if waits else "current", [f"after {_listed(waits)}"] if waits else [])

    def _tables(self) -> None:
        project, name = self._project, self._dataset
        raw = project.raw_version(name)
        there = project.at_hand(name)
        self._put("raw_files", "current" if there else "missing", [] if there else ["the files are away"])
        if raw is not None:
            self._table("events", ["raw_files"], lambda: data.events_from(project, name, raw))
        elif project.warehouse.provenance(name, "events") is None:
            self._put("events", "missing")
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
            self._put(asset, "missing")
        elif any(self._found[need].state == "missing" for need in needs):
            self._follow(asset, needs)
        elif known.key != (now := made_from()).key(asset):
            self._put(asset, "stale", table_changes(known.metadata.get("made_from"), now))
        else:
            self._follow(asset, needs)

    def _model(self, paper: Paper, model: str) -> None:
        asset, split = f"{paper.id}/{model}", split_asset(paper.protocol)
        card = Card.read(self._project.trained(self._dataset, paper.id, model))
        if reason := model_refusal(self._project, self._dataset, model):
            self._put(asset, "left out", [reason])
        elif card is None:
            self._put(asset, "missing")
        elif self._found[split].state == "missing":
            self._follow(asset, [split])
        else:
            plan = plan_training(self._project, TrainingRequest(self._dataset, paper.id, model))
            if plan.key != card.key:
                self._put(asset, "stale", training_changes(card, plan))
            else:
                self._follow(asset, [split])
        if self._found[asset].state not in SETTLED:
            self._unsettled.add(asset)

    def _evaluation(self, paper: Paper) -> None:
        asset, models = f"{paper.id}/evaluation", [f"{paper.id}/{model}" for model in paper.nodes]
        if not any((self._dataset, model) in self._recorded for model in models):
            self._put(asset, "missing")
        elif any(self._found[model].state == "missing" for model in models):
            self._follow(asset, models)
        else:
            plan = plan_evaluation(self._project, self._dataset, paper.id)
            stale = [f"{paper.id}/{model}" for model in plan.stale(self._recorded)]
            self._unsettled.update(stale)
            if stale:
                self._put(asset, "stale", [f"not measured as it is now: {_listed(stale)}"])
            elif not plan.described(self._recorded):
                self._put(asset, "stale", ["its tests between models or what is told of trainings changed"])
            else:
                self._follow(asset, models)

    def _study(self, paper: Paper, study: Study) -> None:
        asset = f"{paper.id}/{study.id}"
        known = self._recorded.get((self._dataset, asset))
        if known is None:
            if study.quick:
                self._put(asset, "missing")
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
        if isinstance(study, Counts):
            return ["binarized", "relative_rating"]
        if isinstance(study, Grid):
            return [split_asset(paper.protocol)]
        models = getattr(study, "models", None) or [getattr(study, "model", "")]
        return [need for model in models if (need := f"{paper.id}/{model}") in self._unsettled]

    def _recommendations(self) -> None:
        known = self._recorded.get((self._dataset, RECOMMENDATIONS))
        lacking = [name for name in DEFAULT_MODELS if self._found[name].state == "left out"]
        if lacking:
            self._put(RECOMMENDATIONS, "left out", [f"{_listed(lacking)} is left out"])
            return
        if known is None:
            self._put(RECOMMENDATIONS, "missing")
            return
        places = {name: self._project.trained(self._dataset, *name.split("/")) for name in DEFAULT_MODELS}
        cards = {name: card for name, folder in places.items() if (card := Card.read(folder)) is not None}
        needs = [*DEFAULT_MODELS, "interactions", "binarized"]
        if len(cards) < len(DEFAULT_MODELS) or self._found["binarized"].state == "missing":
            self._follow(RECOMMENDATIONS, needs)
        elif known != recommendations_key(self._project, self._dataset, cards, TOP):
            self._put(RECOMMENDATIONS, "stale", [f"not the lists of {_listed(DEFAULT_MODELS)} as it is now"])
        else:
            self._follow(RECOMMENDATIONS, needs)


def _listed(names: Sequence[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
