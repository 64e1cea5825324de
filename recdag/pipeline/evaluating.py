"""Measuring the trained models of a paper on their test users."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from recdag.errors import RecdagError
from recdag.papers.catalogue import PAPERS
from recdag.pipeline.applicability import runnable
from recdag.pipeline.describing import trainings_asset, trainings_key, write_trainings
from recdag.pipeline.project import Project
from recdag.pipeline.significance import significance_asset, significance_key, write_significance
from recdag.pipeline.splits import read_splits, split_notes
from recdag.pipeline.steps import Outcome, step_key
from recdag.pipeline.trained import Card, load_trained, read_history
from recdag.warehouse.provenance import record
from recdag.warehouse.published import replace_rows
from recdag.warehouse.queries import recorded_keys, sizes, user_keys

if TYPE_CHECKING:
    from recdag.evaluation.split import Split
    from recdag.evaluation.summary import Evaluation

EVALUATION_VERSION = "1"


@dataclass(frozen=True)
class ModelResult:
    """The rows that one trained model adds to the published tables."""

    metrics: pd.DataFrame
    user_metrics: pd.DataFrame
    training_history: pd.DataFrame


@dataclass(frozen=True)
class EvaluationPlan:
    """What the rows of a paper on a data set depend on.

    Attributes:
        cards: of the trained models.
        keys: model -> key of its measurement.
        tests_key: of the tests between models; trainings_key: of what is told of the trainings.
    """

    dataset: str
    paper: str
    cards: Mapping[str, Card]
    keys: Mapping[str, str]
    tests_key: str
    trainings_key: str

    def stale(self, known: Mapping[tuple[str, str], str]) -> list[str]:
        """The models that are to be measured, given the keys that are recorded."""
        return [
            model
            for model, key in self.keys.items()
            if known.get((self.dataset, f"{self.paper}/{model}")) != key
        ]

    def described(self, known: Mapping[tuple[str, str], str]) -> bool:
        """Whether tests and trainings are recorded as they are now."""
        return (
            known.get((self.dataset, significance_asset(self.paper))) == self.tests_key
            and known.get((self.dataset, trainings_asset(self.paper))) == self.trainings_key
        )


def plan_evaluation(project: Project, dataset: str, paper: str) -> EvaluationPlan:
    """What would be measured, and under which keys the results are known.

    Raises:
        RecdagError: a model of the paper has not been trained on this data set.
    """
    rules = PAPERS[paper]
    models = runnable(project, dataset, paper, rules.nodes)
    cards = {model: _card(project, dataset, paper, model) for model in models}
    version = evaluation_version(project, dataset, rules.protocol)
    keys = {model: _key(card, rules.protocol, version) for model, card in cards.items()}
    return EvaluationPlan(dataset, paper, cards, keys, significance_key(rules, keys), trainings_key(cards))


def evaluate_paper(project: Project, dataset: str, paper: str, run_id: str = "") -> Outcome:
    """Fill metrics, user_metrics and training_history for the models that changed, then what hangs
    on them: significance, recipes and trainings.

    Raises:
        RecdagError: a model of the paper has not been trained on this data set.
    """
    rules = PAPERS[paper]
    plan = plan_evaluation(project, dataset, paper)
    cards, keys = plan.cards, plan.keys
    with project.published.reading() as connection:
        known = recorded_keys(connection)
    stale = plan.stale(known)
    current = not stale and plan.described(known)
    if not current:
        splits = read_splits(project, dataset, rules.protocol)
        with project.warehouse.reading(dataset) as connection:
            keys_of_users, counted = user_keys(connection), sizes(connection)
        results = {
            model: evaluate_model(project, cards[model], splits, keys_of_users, run_id) for model in stale
        }
        with project.published.update() as connection:
            replace_rows(connection, "datasets", _dataset_row(project, dataset, counted), dataset=dataset)
            for model, result in results.items():
                where = {"dataset": dataset, "paper": paper, "model": model}
                replace_rows(connection, "metrics", result.metrics, study=None, **where)
                replace_rows(connection, "user_metrics", result.user_metrics, **where)
                replace_rows(connection, "training_history", result.training_history, **where)
                record(connection, f"{paper}/{model}", keys[model], keys[model], {}, dataset=dataset)
            write_significance(connection, rules, dataset, cards, plan.tests_key, splits, keys_of_users)
            notes = split_notes(project, dataset, rules.protocol)
            write_trainings(connection, dataset, paper, cards, plan.trainings_key, splits, notes)
    return Outcome(
        step_key(models=keys),
        {"evaluated": stale, "unchanged": [model for model in keys if model not in stale]},
        cached=current,
    )


def _card(project: Project, dataset: str, paper: str, model: str) -> Card:
    card = Card.read(project.trained(dataset, paper, model))
    if card is None:
        raise RecdagError(
            f"{paper}/{model} has not been trained on {dataset!r}",
            cure=f"Train it first: recdag run --dataset {dataset} --paper {paper}",
        )
    return card


def evaluation_version(project: Project, dataset: str, protocol: str) -> str:
    """Changes where the same trained model would be measured in another way."""
    from recdag.evaluation.metrics import USER_GROUPS
    from recdag.evaluation.protocols import PROTOCOLS

    in_groups = PROTOCOLS[protocol].samples_candidates and project.dataset(dataset).supportive
    return ",".join([EVALUATION_VERSION, *(USER_GROUPS if in_groups else ())])


def _key(card: Card, protocol: str, version: str) -> str:
    from recdag.evaluation.protocols import PROTOCOLS

    return step_key(
        model=card.data_version,
        selection=card.selection,
        variant=card.variant,
        split=card.split_version,
        protocol=PROTOCOLS[protocol].version,
        version=version,
        **({"tuning": card.tuning} if card.tuning else {}),
    )


def evaluate_model(
    project: Project, card: Card, splits: Sequence[Split], keys_of_users: np.ndarray, run_id: str
) -> ModelResult:
    """Rank the test users of every fold with one trained model.

    Args:
        keys_of_users: (n,) the users' own keys by id.
    """
    evaluations = evaluate_trained(project, card, splits)
    identity = {
        "dataset": card.dataset, "paper": card.paper, "protocol": card.protocol,
        "model": card.model, "variant": card.variant,
    }  # fmt: skip
    users = pd.concat(_user_rows(evaluations, keys_of_users), ignore_index=True).assign(**identity)
    folder = project.trained(card.dataset, card.paper, card.model)
    return ModelResult(metric_rows(evaluations, splits, card, run_id), users, _history_rows(folder, identity))


def evaluate_trained(
    project: Project, card: Card, splits: Sequence[Split], metrics: Sequence[str] | None = None
) -> list[Evaluation]:
    """A paper's trained model on the test users of every fold.

    Args:
        metrics: the protocol's by default.
    """
    from recdag.evaluation.experiment import evaluate
    from recdag.evaluation.protocols import PROTOCOLS
    from recdag.training.device import choose_device

    folder = project.trained(card.dataset, card.paper, card.model)
    names = metrics or PROTOCOLS[card.protocol].metrics
    return [
        evaluate(load_trained(folder, card, split.fold, choose_device()), split.test, names)
        for split in splits
    ]


def metric_rows(
    evaluations: Sequence[Evaluation], splits: Sequence[Split], card: Card, run_id: str
) -> pd.DataFrame:
    """One row a metric, as in the published table: the folds pooled, with what is known of the training.

    Where it makes a difference, more rows tell users who met their held-out item in supportive feedback
    from the others.
    """
    from recdag.evaluation.feedback import summarise_by_feedback
    from recdag.evaluation.summary import pool_folds, summarise

    summaries = summarise(pool_folds(evaluations), seed=card.seed)
    summaries |= summarise_by_feedback(evaluations, splits, seed=card.seed)
    return pd.DataFrame(
        {"metric": name, **vars(summary)} for name, summary in summaries.items()
    ).assign(
        dataset=card.dataset, paper=card.paper, protocol=card.protocol, model=card.model,
        variant=card.variant, seed=card.seed, selection=card.selection, train_seconds=card.train_seconds,
        peak_memory_mb=card.peak_memory_mb, device=card.device, code_version=card.code_version,
        data_version=card.split_version, run_id=run_id, created_at=datetime.now(UTC).replace(tzinfo=None),
        tuning=card.tuning,
    )  # fmt: skip


def _user_rows(evaluations: Sequence[Evaluation], keys_of_users: np.ndarray) -> Iterator[pd.DataFrame]:
    for fold, evaluation in enumerate(evaluations):
        for name, vector in evaluation.vectors.items():
            yield pd.DataFrame(
                {
                    "fold": fold,
                    "user_key": keys_of_users[evaluation.user_ids],
                    "metric": name,
                    "value": vector,
                }
            )


def _history_rows(folder: Any, identity: dict[str, str]) -> pd.DataFrame:
    rows = [
        {"fold": fold, "step": step, **row}
        for fold, history in enumerate(read_history(folder))
        for step, row in enumerate(history)
    ]
    return pd.DataFrame(rows).assign(**{k: v for k, v in identity.items() if k != "protocol"})


def _dataset_row(project: Project, dataset: str, described: dict[str, Any]) -> pd.DataFrame:
    entry = project.dataset(dataset)
    events = project.warehouse.provenance(dataset, "events")
    return pd.DataFrame(
        [
            {
                "dataset": dataset,
                "title": entry.title,
                "licence": entry.licence,
                "simulated": entry.simulated,
                "sha256": events.metadata["sha256"] if events else None,
                "loaded_at": events.created_at.replace(tzinfo=None) if events else None,
                **described,
            }
        ]
    )
