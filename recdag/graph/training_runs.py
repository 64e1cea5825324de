"""What is published of the trainings behind a paper's rows: recipe, sizes of the split, environment."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pandas as pd
from duckdb import DuckDBPyConnection

from recdag.graph.model_folder import Card
from recdag.graph.step import code_version, step_key
from recdag.warehouse.provenance import record
from recdag.warehouse.published import replace_rows

if TYPE_CHECKING:
    from recdag.evaluation.split import Split


def trainings_asset(paper: str) -> str:
    """Under which name it is recorded that the trainings of a paper are described."""
    return f"{paper}/trainings"


def trainings_key(cards: Mapping[str, Card]) -> str:
    """Changes where one of the models was trained anew."""
    return step_key(
        cards={model: asdict(card) for model, card in cards.items()}, version=code_version([__name__])
    )


def write_trainings(
    connection: DuckDBPyConnection,
    dataset: str,
    paper: str,
    cards: Mapping[str, Card],
    key: str,
    splits: Sequence[Split],
    notes: Sequence[str],
) -> None:
    """Fill the tables recipes and trainings for the models of a paper, and record notes on the split."""
    where = {"dataset": dataset, "paper": paper}
    sizes = split_sizes(splits[0])
    recipes = [
        {
            "model": model,
            "variant": card.variant,
            "hyperparameter": name,
            "value": json.dumps(value),
            "source": card.sources.get(name),
            "origin": card.origins.get(name),
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
            "factors": factors_of(card.config),
            **epochs_of(card.config, card.selected),
        }
        for model, card in cards.items()
    ]
    columns = ["model", "variant", "hyperparameter", "value", "source", "origin"]
    replace_rows(connection, "recipes", pd.DataFrame(recipes, columns=columns).astype(str), **where)
    counts = dict.fromkeys(("factors", "epoch", "epochs_allowed"), "Int64")
    replace_rows(connection, "trainings", pd.DataFrame(trainings).astype(counts), **where)
    record(connection, trainings_asset(paper), key, key, {"notes": notes}, dataset=dataset)


def factors_of(config: Mapping[str, Any]) -> int | None:
    """By how many numbers a model describes a user: its factors, or the width of its innermost layer."""
    hidden = config.get("hidden")
    return config.get("factors") or (hidden[-1] if hidden else None)


def epochs_of(config: Mapping[str, Any], chosen: Mapping[str, Any]) -> dict[str, Any]:
    """The epoch chosen, how many were allowed, and whether one chosen, of any phase, was the last allowed."""
    bounded = [name for name in chosen if name.endswith("epochs") and name in config]
    return {
        "epoch": chosen.get("epochs"),
        "epochs_allowed": config.get("epochs") if "epochs" in chosen else None,
        "stopped_by_bound": any(chosen[name] >= config[name] for name in bounded) if bounded else None,
    }


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
