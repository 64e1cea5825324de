"""What is published of the trainings behind a paper's rows: recipe, sizes of the split, environment."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pandas as pd
from duckdb import DuckDBPyConnection

from recdag.pipeline.steps import step_key
from recdag.pipeline.trained import Card
from recdag.warehouse.provenance import record
from recdag.warehouse.published import replace_rows

if TYPE_CHECKING:
    from recdag.evaluation.split import Split

DESCRIBING_VERSION = "1"


def trainings_asset(paper: str) -> str:
    """Under which name it is recorded that the trainings of a paper are described."""
    return f"{paper}/trainings"


def trainings_key(cards: Mapping[str, Card]) -> str:
    """Changes where one of the models was trained anew."""
    return step_key(cards={model: asdict(card) for model, card in cards.items()}, version=DESCRIBING_VERSION)


def write_trainings(
    connection: DuckDBPyConnection,
    dataset: str,
    paper: str,
    cards: Mapping[str, Card],
    key: str,
    splits: Sequence[Split],
) -> None:
    """Fill the tables recipes and trainings for the models of a paper."""
    where = {"dataset": dataset, "paper": paper}
    sizes = split_sizes(splits[0])
    recipes = [
        {
            "model": model,
            "variant": card.variant,
            "hyperparameter": name,
            "value": json.dumps(value),
            "source": card.sources.get(name),
        }
        for model, card in cards.items()
        for name, value in card.config.items()
    ]
    trainings = [
        {
            "protocol": card.protocol,
            "model": model,
            "variant": card.variant,
            "seed": card.seed,
            "folds": card.folds,
            "chosen": json.dumps(card.selected),
            **sizes,
            "environment": json.dumps(card.environment),
            "run_id": card.run_id,
        }
        for model, card in cards.items()
    ]
    columns = ["model", "variant", "hyperparameter", "value", "source"]
    replace_rows(connection, "recipes", pd.DataFrame(recipes, columns=columns).astype(str), **where)
    replace_rows(connection, "trainings", pd.DataFrame(trainings), **where)
    record(connection, trainings_asset(paper), key, key, {}, dataset=dataset)


def split_sizes(split: Split) -> dict[str, Any]:
    """Users, items and pairs of the final fit, and held-out users and pairs, of one fold."""
    fitted = split.train_and_validation or split.train
    return {
        "train_users": fitted.n_users,
        "train_items": fitted.n_items,
        "train_interactions": fitted.positives.nnz,
        "validation_users": len(split.validation),
        "test_users": len(split.test),
        "test_interactions": split.test.target.nnz,
    }
