"""What the search for hyperparameters tried for each model, and what it found."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recdag.evaluation.metrics import larger_is_better
from recdag.recipes.budget import Budget, budget_of
from recdag.report.row_provenance import shown_value


@dataclass(frozen=True)
class Search:
    """The trials of one model, summarised.

    Attributes:
        budget: what the search might cost.
        metric: measured on validation.
        complete, pruned, failed: how many trials ended so.
        recipe: the validation of the recipe's own values, which are tried first; NaN where that failed.
        best: the best validation.
        values: the hyperparameters that reached it.
        seconds: of all trials together.
    """

    model: str
    budget: Budget | None
    metric: str
    complete: int
    pruned: int
    failed: int
    recipe: float
    best: float
    values: tuple[tuple[str, str], ...]
    seconds: float

    @property
    def trials(self) -> int:
        return self.complete + self.pruned + self.failed


def searches_of(trials: pd.DataFrame, paper: str, dataset: str) -> tuple[Search, ...]:
    """A search for each model of a paper that has trials on a data set.

    Args:
        trials: the published table of this name.
    """
    mine = trials[(trials["paper"] == paper) & (trials["dataset"] == dataset)]
    return tuple(_search(str(model), rows) for model, rows in mine.groupby("model", sort=False))


def _search(model: str, rows: pd.DataFrame) -> Search:
    states = rows["state"].value_counts()
    complete = rows[rows["state"] == "complete"].sort_values("trial")
    metric = str(rows["metric"].iloc[0])
    sign = 1 if larger_is_better(metric) else -1
    best = complete.iloc[int((sign * complete["validation"]).argmax())] if len(complete) else None
    values = json.loads(best["hyperparameters"]) if best is not None else {}
    first = complete.loc[complete["trial"] == rows["trial"].min(), "validation"]
    return Search(
        model=model,
        budget=budget_of(rows.iloc[-1].to_dict()),
        metric=metric,
        complete=int(states.get("complete", 0)),
        pruned=int(states.get("pruned", 0)),
        failed=int(states.get("failed", 0)),
        recipe=float(first.iloc[0]) if len(first) else np.nan,
        best=float(best["validation"]) if best is not None else np.nan,
        values=tuple((name, _short(value)) for name, value in values.items()),
        seconds=float(rows["seconds"].sum()),
    )


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else shown_value(value)
