"""Where each number comes from: the recipe, seed, run and versions behind every row of a result table."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pandas as pd

from recdag.recipes.budget import Budget
from recdag.report.tables import ResultTable, paper_command


@dataclass(frozen=True)
class Setting:
    """A hyperparameter as it was used, with where its value is from and whose it is."""

    name: str
    value: str
    source: str
    origin: str


@dataclass(frozen=True)
class RowProvenance:
    """One model's way to its row.

    Attributes:
        recipe: empty where it is not known any more, for the model was trained in another way since.
        command: trains the model again.
    """

    model: str
    variant: str
    recipe: tuple[Setting, ...]
    seeds: tuple[int, ...]
    run_id: str
    device: str
    code_version: str
    data_version: str
    command: str


def provenance_of(
    table: ResultTable, sources: pd.DataFrame, recipes: pd.DataFrame
) -> tuple[RowProvenance, ...]:
    """The provenance of every row of a table, in its order.

    Args:
        sources: as from `queries.read_sources`.
        recipes: the published table of this name.
    """
    here = sources[(sources["paper"] == table.paper) & (sources["dataset"] == table.dataset)]
    texts = ["run_id", "code_version", "data_version"]
    here = here.fillna(dict.fromkeys(texts, ""))
    by_run = {(row["model"], row["variant"], row["selection"]): row for row in here.to_dict("records")}
    rows = []
    for row in table.rows:
        source = by_run[row.model, row.variant, row.selection]
        rows.append(
            RowProvenance(
                row.model,
                row.variant,
                recipe_of(recipes, table.paper, table.dataset, row.model, row.variant),
                tuple(int(seed) for seed in source["seeds"]),
                source["run_id"],
                row.device,
                source["code_version"],
                source["data_version"],
                training_command(table.dataset, table.paper, row.model, row.budget),
            )
        )
    return tuple(rows)


def recipe_of(
    recipes: pd.DataFrame, paper: str, dataset: str, model: str, variant: str
) -> tuple[Setting, ...]:
    """The hyperparameters of a trained model, in the order of its configuration."""
    mine = recipes[
        (recipes["paper"] == paper)
        & (recipes["dataset"] == dataset)
        & (recipes["model"] == model)
        & (recipes["variant"].fillna("") == variant)
    ]
    settings = zip(mine["hyperparameter"], mine["value"], mine["source"], mine["origin"], strict=True)
    return tuple(
        Setting(name, shown_value(json.loads(value)), source or "", origin or "")
        for name, value, source, origin in settings
    )


def training_command(dataset: str, paper: str, model: str, budget: Budget | None = None) -> str:
    """What a user types to train one model with all that it needs; models are tuned a paper at a time."""
    if budget:
        return paper_command(dataset, paper, budget)
    return f"recdag run --dataset {dataset} --select +{paper}/{model}"


def shown_value(value: object) -> str:
    """A hyperparameter's value as a person reads it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
