"""Measuring the trained models of a paper on their test users."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from duckdb import DuckDBPyConnection

from recdag.errors import RecdagError
from recdag.graph.checks import expected_size
from recdag.graph.evaluation_plan import EvaluationPlan, older_trainings, plan_evaluation
from recdag.graph.model_folder import Card, load_trained, read_history
from recdag.graph.project import Project
from recdag.graph.shared_splits import read_splits, split_notes
from recdag.graph.significance_rows import write_significance
from recdag.graph.step import Outcome, step_key
from recdag.graph.training_runs import write_trainings
from recdag.papers.catalogue import PAPERS
from recdag.recipes.budget import budget_columns
from recdag.warehouse.lookups import recorded_keys, sizes, user_keys
from recdag.warehouse.provenance import forget, record
from recdag.warehouse.published import remove_rows, replace_rows

if TYPE_CHECKING:
    from recdag.evaluation.split import Split
    from recdag.evaluation.summary import Evaluation

_ROWS_AT_ONCE = 2_000_000
"""Of user_metrics, about 16 bytes each, before they are published: the whole file is copied for it."""
_SECONDS_AT_ONCE = 60.0
"""Of measuring that may be lost where a run is stopped."""


@dataclass(frozen=True)
class ModelResult:
    """The rows that one trained model adds to the published tables."""

    metrics: pd.DataFrame
    user_metrics: pd.DataFrame
    training_history: pd.DataFrame


def evaluate_paper(project: Project, dataset: str, paper: str, run_id: str = "") -> Outcome:
    """Measure the trained models of a paper that changed, then what hangs on them all: significance,
    recipes and trainings.

    Fills metrics, user_metrics and training_history. What is measured is published every now and then,
    so that it is kept where this is stopped. Rows of models that can no longer be measured leave the
    tables.

    Raises:
        RecdagError: no model of the paper has been trained on the data set as it is now.
    """
    plan = plan_evaluation(project, dataset, paper)
    if not plan.cards:
        raise RecdagError(
            f"no model of {paper} has been trained on {dataset!r} as it is now",
            cure=f"Train all: recdag run --dataset {dataset} --paper {paper}, or some, with --models",
        )
    with project.published.reading() as connection:
        known = recorded_keys(connection)
    stale = plan.stale(known)
    current = not stale and known.get((dataset, f"{paper}/evaluation")) == plan.key
    if not current:
        _publish(project, plan, stale, plan.measured_before(known), run_id)
    metadata: dict[str, Any] = {
        "evaluated": stale,
        "unchanged": [model for model in plan.keys if model not in stale],
    }
    beside = {
        "not_trained": list(plan.not_trained),
        "outdated": dict(plan.outdated),
        "trained_otherwise": older_trainings(project, plan),
    }
    metadata |= {name: value for name, value in beside.items() if value}
    return Outcome(step_key(models=plan.keys), metadata, cached=current)


def _publish(
    project: Project, plan: EvaluationPlan, stale: Sequence[str], gone: Sequence[str], run_id: str
) -> None:
    """Measure `stale` and publish it some models at a time; the last update holds what hangs on all models.

    Args:
        gone: models whose rows leave the tables.
    """
    rules = PAPERS[plan.paper]
    splits = read_splits(project, plan.dataset, rules.protocol)
    notes = data_notes(project, plan.dataset, rules.protocol)
    with project.warehouse.reading(plan.dataset) as connection:
        keys_of_users, counted = user_keys(connection), sizes(connection)
    users = pd.CategoricalDtype(pd.Index(keys_of_users))
    waiting: dict[str, ModelResult] = {}
    since = time.perf_counter()
    for model in stale:
        waiting[model] = evaluate_model(project, plan.cards[model], splits, users, run_id)
        rows = sum(len(result.user_metrics) for result in waiting.values())
        if rows >= _ROWS_AT_ONCE or time.perf_counter() - since >= _SECONDS_AT_ONCE:
            with project.published.update() as connection:
                _write_results(connection, plan, waiting)
            waiting, since = {}, time.perf_counter()
    with project.published.update() as connection:
        row = _dataset_row(project, plan.dataset, counted)
        replace_rows(connection, "datasets", row, dataset=plan.dataset)
        _write_results(connection, plan, waiting)
        for model in gone:
            _remove_results(connection, plan, model)
        write_significance(connection, rules, plan.dataset, plan.cards, splits, keys_of_users)
        write_trainings(connection, plan.dataset, plan.paper, plan.cards, plan.trainings_key, splits, notes)
        record(connection, f"{plan.paper}/evaluation", plan.key, plan.key, {}, dataset=plan.dataset)


def _write_results(
    connection: DuckDBPyConnection, plan: EvaluationPlan, results: Mapping[str, ModelResult]
) -> None:
    for model, result in results.items():
        where = {"dataset": plan.dataset, "paper": plan.paper, "model": model}
        replace_rows(connection, "metrics", result.metrics, study=None, **where)
        replace_rows(connection, "user_metrics", result.user_metrics, **where)
        replace_rows(connection, "training_history", result.training_history, **where)
        key = plan.keys[model]
        record(connection, f"{plan.paper}/{model}", key, key, {}, dataset=plan.dataset)


def _remove_results(connection: DuckDBPyConnection, plan: EvaluationPlan, model: str) -> None:
    where = {"dataset": plan.dataset, "paper": plan.paper, "model": model}
    remove_rows(connection, "metrics", study=None, **where)
    remove_rows(connection, "user_metrics", **where)
    remove_rows(connection, "training_history", **where)
    forget(connection, f"{plan.paper}/{model}", dataset=plan.dataset)


def data_notes(project: Project, dataset: str, protocol: str) -> list[str]:
    """What whoever reads the results has to know of the data, a sentence each."""
    sizes = expected_size(project, dataset)
    notes = split_notes(project, dataset, protocol)
    return notes if sizes.passed else [f"{sizes.explanation}.", *notes]


def evaluate_model(
    project: Project, card: Card, splits: Sequence[Split], users: pd.CategoricalDtype, run_id: str
) -> ModelResult:
    """Rank the test users of every fold with one trained model.

    Args:
        users: their own keys by id.
    """
    evaluations = evaluate_trained(project, card, splits)
    identity = {
        "dataset": card.dataset, "paper": card.paper, "protocol": card.protocol,
        "model": card.model, "variant": card.variant,
    }  # fmt: skip
    by_user = pd.concat(_user_rows(evaluations, users), ignore_index=True)
    constants = {name: _repeated(value, len(by_user)) for name, value in identity.items()}
    history = _history_rows(project.trained(card.dataset, card.paper, card.model), identity)
    return ModelResult(metric_rows(evaluations, splits, card, run_id), by_user.assign(**constants), history)


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
    from recdag.evaluation.metrics import ALL_USERS
    from recdag.evaluation.summary import pool_folds, summarise

    summaries = {ALL_USERS: summarise(pool_folds(evaluations), seed=card.seed)}
    summaries |= summarise_by_feedback(evaluations, splits, seed=card.seed)
    return pd.DataFrame(
        {"metric": name, "users": users, **vars(summary)}
        for users, by_metric in summaries.items()
        for name, summary in by_metric.items()
    ).assign(
        dataset=card.dataset, paper=card.paper, protocol=card.protocol, model=card.model,
        variant=card.variant, seed=card.seed, selection=card.selection, train_seconds=card.train_seconds,
        peak_memory_mb=card.peak_memory_mb, device=card.device, code_version=card.code_version,
        data_version=card.split_version, run_id=run_id, created_at=datetime.now(UTC).replace(tzinfo=None),
        **budget_columns(card.budget),
    )  # fmt: skip


def _user_rows(evaluations: Sequence[Evaluation], users: pd.CategoricalDtype) -> Iterator[pd.DataFrame]:
    """One row a fold, user and metric; texts are kept as codes, for there are many rows."""
    metrics = pd.CategoricalDtype(list(evaluations[0].vectors))
    for fold, evaluation in enumerate(evaluations):
        keys = pd.Categorical.from_codes(evaluation.user_ids, dtype=users)
        for code, vector in enumerate(evaluation.vectors.values()):
            yield pd.DataFrame(
                {
                    "fold": np.full(len(vector), fold, dtype=np.int16),
                    "user_key": keys,
                    "metric": pd.Categorical.from_codes(np.full(len(vector), code), dtype=metrics),
                    "value": vector.astype(np.float32),
                }
            )


def _repeated(value: str, times: int) -> pd.Categorical[str]:
    return pd.Categorical.from_codes(np.zeros(times, dtype=np.int8), pd.Index([value]))


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
