"""Paired tests between the trained models of a paper, from the published values of every user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
from duckdb import DuckDBPyConnection

from recdag.graph.model_folder import Card
from recdag.graph.step import code_version, step_key
from recdag.papers.catalogue import PAPERS
from recdag.papers.paper import Paper
from recdag.sql_text import arrays
from recdag.warehouse.published import replace_rows
from recdag.warehouse.schema import SCHEMA

if TYPE_CHECKING:
    from recdag.evaluation.split import HeldOut, Split
    from recdag.evaluation.summary import Evaluation

AS_PUBLISHED = "as_published"

_VALUES = """
    select compared.place as model, fold, known.place as user_id, value
    from user_metrics join compared using (model, variant) join known using (user_key)
    where dataset = ? and paper = ? and protocol = ? and metric = ?
"""


def significance_key(paper: Paper, models: Mapping[str, str]) -> str:
    """What the tests depend on: the evaluated models, the metrics, the models put forward."""
    lead = paper.lead or leading_models(paper)
    return step_key(
        models=models,
        metrics=paper.metrics,
        lead=lead,
        version=code_version(["recdag.evaluation.significance", __name__]),
    )


def leading_models(paper: Paper) -> tuple[str, ...]:
    """The model that a paper puts forward; where it puts none forward, those of all papers."""
    leads = (paper.lead,) if paper.lead else tuple(each.lead for each in PAPERS.values() if each.lead)
    return tuple(lead for lead in leads if lead in paper.nodes)


def write_significance(
    connection: DuckDBPyConnection,
    paper: Paper,
    dataset: str,
    cards: Mapping[str, Card],
    splits: Sequence[Split],
    keys_of_users: np.ndarray,
) -> None:
    """Compare the best model, and those that papers put forward, with every other; fills `significance`.

    Models whose epoch was chosen on the test set take no part. A value for all users together, such
    as coverage, cannot be tested this way.

    Args:
        connection: to the published file, whose user_metrics are current, inside its transaction.
        cards: of the models of the paper that were measured.
        splits: the folds that the models were evaluated on.
        keys_of_users: (n,) the users' own keys by id.
    """
    from recdag.evaluation.metrics import metric_named
    from recdag.evaluation.protocols import PROTOCOLS
    from recdag.evaluation.significance import best_model, compare_models

    fair = {model: card for model, card in cards.items() if card.selection != AS_PUBLISHED}
    measured = [name for name in PROTOCOLS[paper.protocol].metrics if name in paper.metrics]
    metrics = [name for name in measured if metric_named(name).by_user]
    tests = []
    for metric in metrics if len(fair) > 1 else []:  # one at a time, for memory
        evaluations = _read_evaluations(connection, paper, dataset, fair, metric, splits, keys_of_users)
        chosen = (best_model(evaluations, metric), *leading_models(paper))
        references = [model for model in dict.fromkeys(chosen) if model in fair]
        tests += compare_models(evaluations, {metric: references})
    where = {"dataset": dataset, "paper": paper.id}
    rows = pd.DataFrame(map(vars, tests), columns=_columns())
    replace_rows(connection, "significance", rows.assign(**where, protocol=paper.protocol), **where)


def _columns() -> list[str]:
    return [name for name in SCHEMA["significance"] if name not in ("dataset", "paper", "protocol")]


def _read_evaluations(
    connection: DuckDBPyConnection,
    paper: Paper,
    dataset: str,
    cards: Mapping[str, Card],
    metric: str,
    splits: Sequence[Split],
    keys_of_users: np.ndarray,
) -> dict[str, Evaluation]:
    """Model -> its values of one metric, folds pooled, as published."""
    from recdag.evaluation.metrics import metric_named
    from recdag.evaluation.summary import Evaluation, pool_folds

    variants = [card.variant for card in cards.values()]
    numbered = {
        "compared": pd.DataFrame({"model": list(cards), "variant": variants}),
        "known": pd.DataFrame({"user_key": keys_of_users}),
    }
    for name, frame in numbered.items():
        connection.register(name, pa.Table.from_pandas(frame.assign(place=np.arange(len(frame)))))
    try:
        cells = arrays(connection, _VALUES, [dataset, paper.id, paper.protocol, metric])
    finally:
        for name in numbered:
            connection.unregister(name)
    values = np.full((len(cards), len(splits), len(keys_of_users)), np.nan)
    values[cells["model"], cells["fold"], cells["user_id"]] = cells["value"]
    weighted = metric_named(metric).weighted
    folds = [(split.test.user_ids, _user_weight(split.test) if weighted else None) for split in splits]
    return {
        model: pool_folds(
            [
                Evaluation(
                    users,
                    {metric: values[place, fold, users]},
                    {} if weight is None else {metric: weight},
                )
                for fold, (users, weight) in enumerate(folds)
            ]
        )
        for place, model in enumerate(cards)
    }


def _user_weight(test: HeldOut) -> np.ndarray:
    """(B,) what a user's held-out cells weigh together."""
    return test.target.astype(np.float64).sum(axis=1)
