"""The numbers of a study as tables, published ones beside those measured."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from recdag import words
from recdag.studies.names import Measure, amount
from recdag.studies.points import published_of
from recdag.studies.study import MEAN

if TYPE_CHECKING:
    from recdag.studies.content import Shown

_ANY = "any"
"""The place of a series that has none on the axis and holds everywhere."""


@dataclass(frozen=True)
class NumberCell:
    """What one cell of a table says: a value, its standard error, the published value beside it."""

    text: str = ""
    error: str = ""
    published: str = ""
    numeric: bool = True


@dataclass(frozen=True)
class NumberTable:
    """A table: heads of all its columns, and rows that begin with their name."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[NumberCell, ...]], ...]


def by_measure(shown: Shown) -> NumberTable:
    """A row for each series, a column for each measure: studies without an axis."""
    here, there = shown.measured, shown.published
    ours = Measure.each(here)
    theirs = [Measure(metric, MEAN) for metric in there["metric"]]
    heads = ("series", *map(shown.label, shown.measures))
    return NumberTable("Numbers", heads, _rows(shown.measures, (here, ours), (there, theirs)))


def by_place(shown: Shown, measure: Measure) -> NumberTable:
    """A row for each series, a column for each place on the axis: one measure of a study."""
    here, there = measure.of(shown.measured), published_of(measure, shown.published)
    places = [f"{x:g}" for x in sorted({*here["x"].dropna(), *there["x"].dropna()})]
    places += [_ANY] if here["x"].isna().any() else []
    axis = shown.axis_label(shown.x_name)
    rows = _rows(places, (here, _places(here)), (there, _places(there)))
    return NumberTable(f"{shown.label(measure)} by {axis}", (axis, *places), rows)


def _places(rows: pd.DataFrame) -> list[str]:
    return [_ANY if np.isnan(x) else f"{x:g}" for x in rows["x"]]


def _rows(
    columns: Sequence[Hashable],
    measured: tuple[pd.DataFrame, Sequence[Hashable]],
    published: tuple[pd.DataFrame, Sequence[Hashable]],
) -> tuple[tuple[str, tuple[NumberCell, ...]], ...]:
    """Args:
    columns: of the table.
    measured, published: rows with a value of a series each, and the column in which each stands.
    """
    (here, at), (there, beside) = measured, published
    values = zip(here["value"], here["std_err"], strict=True)
    ours = dict(zip(zip(here["series"], at, strict=True), values, strict=True))
    theirs = dict(zip(zip(there["series"], beside, strict=True), there["value"], strict=True))
    return tuple(
        (series, tuple(_cell(ours.get((series, key)), theirs.get((series, key))) for key in columns))
        for series in dict.fromkeys([*here["series"], *there["series"]])
    )


def _cell(ours: tuple[float, float] | None, theirs: float | None) -> NumberCell:
    value, error = ours or (np.nan, np.nan)
    return NumberCell(
        amount(value),
        "" if np.isnan(error) else f"± {amount(error)}",
        "" if theirs is None else words.printed(theirs),
    )
