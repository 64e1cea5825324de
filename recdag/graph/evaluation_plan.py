"""Which models of a paper are measured, and what their published rows depend on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from recdag.errors import RecdagError
from recdag.graph.feasibility import not_skipped
from recdag.graph.ledger import Recorded, input_versions
from recdag.graph.model_folder import Card
from recdag.graph.project import Project
from recdag.graph.shared_splits import split_asset
from recdag.graph.significance_rows import significance_key
from recdag.graph.step import code_version, step_key
from recdag.graph.training import plan_training
from recdag.graph.training_request import request_of
from recdag.graph.training_runs import trainings_key
from recdag.papers.catalogue import PAPERS
from recdag.recommenders.catalogue import model_spec
from recdag.suggest import listed
from recdag.warehouse.schema import SCHEMA

MEASURING = (
    "recdag.evaluation.ranking",
    "recdag.evaluation.metrics",
    "recdag.evaluation.summary",
    "recdag.evaluation.feedback",
)
"""The modules that decide what a trained model's published numbers are."""


@dataclass(frozen=True)
class EvaluationPlan:
    """What the rows of a paper on a data set depend on: the models that are trained as they can be measured.

    Attributes:
        cards: of the models that are measured.
        keys: model -> key of its measurement.
        not_trained: models of the paper that nobody has trained on the data set.
        outdated: model -> why its weights cannot be measured: another version of the model learned them, or
            they are of a split that is no more, so that what they would be measured on may be what they
            learned from.
        tests_key: of the tests between models; trainings_key: of what is told of the trainings.
    """

    dataset: str
    paper: str
    cards: Mapping[str, Card]
    keys: Mapping[str, str]
    not_trained: tuple[str, ...]
    outdated: Mapping[str, str]
    tests_key: str
    trainings_key: str

    @property
    def key(self) -> str:
        """Changes with any of them."""
        return step_key(models=self.keys, tests=self.tests_key, trainings=self.trainings_key)

    def changes_since(self, recorded: Recorded) -> list[str]:
        """Which models are not measured as they are trained now, in words."""
        stale = [f"{self.paper}/{model}" for model in self.stale(recorded)]
        before = [model for model in stale if (self.dataset, model) in recorded]
        new = [model for model in stale if model not in before]
        reasons = {"not measured as it is now": before, "trained, but not measured yet": new}
        return [f"{why}: {listed(models)}" for why, models in reasons.items() if models]

    def stale(self, known: Recorded) -> list[str]:
        """The models that are to be measured, given the keys that are recorded."""
        return [model for model, key in self.keys.items() if known.get(self._place(model)) != key]

    def measured_before(self, known: Recorded) -> list[str]:
        """The models that have published rows and can no longer be measured."""
        return [model for model in (*self.not_trained, *self.outdated) if self._place(model) in known]

    def _place(self, model: str) -> tuple[str, str]:
        return self.dataset, f"{self.paper}/{model}"


def plan_evaluation(project: Project, dataset: str, paper: str) -> EvaluationPlan:
    """What would be measured, and under which keys the results are known.

    Raises:
        RecdagError: the paper's split has not been made.
    """
    rules = PAPERS[paper]
    split = split_asset(rules.protocol)
    present = input_versions(project, dataset, [split])[split]
    possible = not_skipped(project, dataset, paper, rules.nodes)
    found = {model: Card.read(project.trained(dataset, paper, model)) for model in possible}
    trained = {model: card for model, card in found.items() if card is not None}
    outdated = {model: why for model, card in trained.items() if (why := _outdated(card, present))}
    cards = {model: card for model, card in trained.items() if model not in outdated}
    version = evaluation_version(project, dataset, rules.protocol)
    keys = {model: measurement_key(card, rules.protocol, version) for model, card in cards.items()}
    return EvaluationPlan(
        dataset,
        paper,
        cards,
        keys,
        not_trained=tuple(model for model in possible if model not in trained),
        outdated=outdated,
        tests_key=significance_key(rules, keys),
        trainings_key=trainings_key(cards),
    )


def _outdated(card: Card, split_version: str) -> str | None:
    version = model_spec(card.model).version
    if card.code_version != version:
        return f"trained by version {card.code_version} of the model, this is version {version}"
    return None if card.split_version == split_version else "trained on another split"


def older_trainings(project: Project, plan: EvaluationPlan) -> dict[str, str]:
    """Model -> what differs between how it was trained and how the same request would be trained now."""
    changed = {}
    for model, card in plan.cards.items():
        try:
            now = plan_training(project, request_of(card))
        except RecdagError as error:
            changed[model] = str(error)
        else:
            if now.key != card.key:
                changed[model] = "; ".join(now.changes_since(card))
    return changed


def evaluation_version(project: Project, dataset: str, protocol: str) -> str:
    """Changes where the same trained model would be measured in another way."""
    from recdag.evaluation.metrics import USER_GROUPS
    from recdag.evaluation.protocols import PROTOCOLS

    in_groups = PROTOCOLS[protocol].samples_candidates and project.dataset(dataset).supportive
    return ",".join([code_version(MEASURING), *(USER_GROUPS if in_groups else ())])


def measurement_key(card: Card, protocol: str, version: str) -> str:
    """Changes with all that decides a model's rows: its weights, what is measured, on whom and how."""
    from recdag.evaluation.protocols import PROTOCOLS

    return step_key(
        model=card.data_version,
        selection=card.selection,
        variant=card.variant,
        split=card.split_version,
        protocol=code_version([PROTOCOLS[protocol].assign.__module__]),
        metrics=PROTOCOLS[protocol].metrics,
        version=version,
        columns=list(SCHEMA["metrics"]),
        **({"budget": str(card.budget)} if card.budget else {}),
    )
