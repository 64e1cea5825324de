"""Which models of a paper are measured, and what their published rows depend on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from recdag.errors import RecdagError
from recdag.graph.feasibility import runnable
from recdag.graph.model_folder import Card
from recdag.graph.project import Project
from recdag.graph.reasons import training_changes
from recdag.graph.request import request_of
from recdag.graph.significance import significance_asset, significance_key
from recdag.graph.splits import split_asset
from recdag.graph.step import input_versions, step_key
from recdag.graph.training import plan_training
from recdag.graph.training_runs import trainings_asset, trainings_key
from recdag.papers.catalogue import PAPERS
from recdag.recommenders.catalogue import model_spec
from recdag.warehouse.schema import SCHEMA

EVALUATION_VERSION = "1"


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

    def stale(self, known: Mapping[tuple[str, str], str]) -> list[str]:
        """The models that are to be measured, given the keys that are recorded."""
        return [model for model, key in self.keys.items() if known.get(self._place(model)) != key]

    def measured_before(self, known: Mapping[tuple[str, str], str]) -> list[str]:
        """The models that have published rows and can no longer be measured."""
        return [model for model in (*self.not_trained, *self.outdated) if self._place(model) in known]

    def described(self, known: Mapping[tuple[str, str], str]) -> bool:
        """Whether tests and trainings are recorded as they are now."""
        return (
            known.get((self.dataset, significance_asset(self.paper))) == self.tests_key
            and known.get((self.dataset, trainings_asset(self.paper))) == self.trainings_key
        )

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
    possible = runnable(project, dataset, paper, rules.nodes)
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
                changed[model] = "; ".join(training_changes(card, now))
    return changed


def evaluation_version(project: Project, dataset: str, protocol: str) -> str:
    """Changes where the same trained model would be measured in another way."""
    from recdag.evaluation.metrics import USER_GROUPS
    from recdag.evaluation.protocols import PROTOCOLS

    in_groups = PROTOCOLS[protocol].samples_candidates and project.dataset(dataset).supportive
    return ",".join([EVALUATION_VERSION, *(USER_GROUPS if in_groups else ())])


def measurement_key(card: Card, protocol: str, version: str) -> str:
    """Changes with all that decides a model's rows: its weights, what is measured, on whom and how."""
    from recdag.evaluation.protocols import PROTOCOLS

    return step_key(
        model=card.data_version,
        selection=card.selection,
        variant=card.variant,
        split=card.split_version,
        protocol=PROTOCOLS[protocol].version,
        metrics=PROTOCOLS[protocol].metrics,
        version=version,
        columns=list(SCHEMA["metrics"]),
        **({"budget": str(card.budget)} if card.budget else {}),
    )
