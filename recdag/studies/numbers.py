"""The numbers of a study as tables, published ones beside those measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recdag import words
from recdag.evaluation.metrics import larger_is_better
from recdag.studies.names import amount, axis_label, metric_label

_UNADJUSTED = 0.05
_MOST_ATTRIBUTES = 3
P_VALUE, DIFFERENCE = " p_value", " difference"
"""How the metrics of tests end in the table `studies`."""


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


def by_metric(measured: pd.DataFrame, published: pd.DataFrame) -> NumberTable:
    """A row for each series, a column for each metric: studies without an axis."""
    return _matrix("Numbers", "series", measured, published, "metric", _first_seen(measured["metric"]))


def by_place(measured: pd.DataFrame, published: pd.DataFrame, metric: str) -> NumberTable:
    """A row for each series, a column for each place on the axis: one metric of a study."""
    here, there = (table[table["metric"] == metric] for table in (measured, published))
    x_name = str(measured["x_name"].dropna().iloc[0])
    places = sorted({*here["x"].dropna(), *there["x"].dropna()})
    heads = [*places, *([np.nan] if here["x"].isna().any() else [])]
    caption = f"{metric_label(metric)} by {axis_label(x_name)}"
    return _matrix(caption, x_name, here, there, "x", heads)


def _matrix(
    caption: str,
    corner: str,
    measured: pd.DataFrame,
    published: pd.DataFrame,
    column: str,
    columns: Sequence,
) -> NumberTable:
    ours = {
        (row["series"], _place(row[column])): (row["value"], row["std_err"])
        for row in measured.to_dict("records")
    }
    theirs = {(row["series"], _place(row[column])): row["value"] for row in published.to_dict("records")}
    rows = tuple(
        (
            series,
            tuple(
                _cell(ours.get((series, _place(each))), theirs.get((series, _place(each))))
                for each in columns
            ),
        )
        for series in _first_seen([*measured["series"], *published["series"]])
    )
    heads = (metric_label(each) if isinstance(each, str) else _place(each) for each in columns)
    return NumberTable(caption, (axis_label(corner), *heads), rows)


def _place(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return "any" if np.isnan(value) else f"{value:g}"


def _cell(ours: tuple[float, float] | None, theirs: float | None) -> NumberCell:
    value, error = ours or (np.nan, np.nan)
    return NumberCell(
        amount(value),
        "" if np.isnan(error) else f"± {amount(error)}",
        "" if theirs is None else words.printed(theirs),
    )


def curve_ends(measured: pd.DataFrame) -> NumberTable:
    """How far every learning curve went: epochs, seconds, the last value, the extreme one and its epoch."""
    metrics = _first_seen(measured["metric"])
    timed = "seconds" in set(measured["x_name"])
    heads = ["series", "epochs", *(["seconds"] if timed else [])]
    for metric in metrics:
        extreme = "lowest" if metric == "loss" else "best"
        heads += [f"{metric_label(metric)}, last", extreme, "in epoch"]
    rows = []
    for series, group in measured.groupby("series", sort=False):
        epochs = group[group["x_name"] == "epoch"]
        cells = [NumberCell(f"{epochs['x'].max():g}")]
        if timed:
            cells.append(NumberCell(amount(group.loc[group["x_name"] == "seconds", "x"].max())))
        for metric in metrics:
            curve = epochs[epochs["metric"] == metric].sort_values("x")
            if curve.empty:
                cells += [NumberCell("–")] * 3
                continue
            smaller = metric == "loss" or not larger_is_better(metric)
            at = curve["value"].idxmin() if smaller else curve["value"].idxmax()
            cells += [
                NumberCell(amount(curve["value"].iloc[-1])),
                NumberCell(amount(curve.loc[at, "value"])),
                NumberCell(f"{curve.loc[at, 'x']:g}"),
            ]
        rows.append((str(series), tuple(cells)))
    return NumberTable("Where the curves end", tuple(heads), tuple(rows))


def paired_differences(measured: pd.DataFrame) -> NumberTable | None:
    """The first model's lead by group of users, with stars; None where nothing was tested."""
    tests = measured[measured["metric"].str.endswith(P_VALUE)]
    if tests.empty:
        return None
    leads = measured[measured["metric"].str.endswith(DIFFERENCE)].set_index(["series", "x"])["value"]
    groups = sorted(tests["x"].unique())
    rows = tuple(
        (
            str(series).replace(" - ", " − "),
            tuple(_lead(leads, str(series), group, part.set_index("x")["value"]) for group in groups),
        )
        for series, part in tests.groupby("series", sort=False)
    )
    caption = (
        "Paired differences by group, with p-values of t-tests over its users; they are not adjusted for "
        f"the number of tests. * p < {_UNADJUSTED:g}"
    )
    return NumberTable(caption, ("group", *(f"{group:g}" for group in groups)), rows)


def _lead(leads: pd.Series, series: str, group: float, p_values: pd.Series) -> NumberCell:
    p_value = p_values.get(group, np.nan)
    if np.isnan(p_value) or (series, group) not in leads.index:
        return NumberCell("–")
    star = "*" if p_value < _UNADJUSTED else ""
    value = words.signed(leads[(series, group)])
    return NumberCell(f"{value}{star}", published="", error=words.probability(p_value))


def bins(measured: pd.DataFrame, x_name: str) -> NumberTable:
    """The bars of a histogram."""
    here = measured[measured["x_name"] == x_name].sort_values("x")
    rows = tuple(
        (f"{x:.4g}", (NumberCell(words.number(value)),))
        for x, value in zip(here["x"], here["value"], strict=True)
    )
    return NumberTable(f"Shares by {x_name}", (f"{x_name} from", "share"), rows)


def community_table(measured: pd.DataFrame) -> NumberTable:
    """Each community's share of users, its items, and what its members are more often than others."""
    kinds = {str(metric): part for metric, part in measured.groupby("metric")}
    nothing = measured.iloc[:0]
    items, sizes, members = (
        kinds.get(name, nothing)
        for name in ("exposure above average", "share of users", "share above average")
    )
    heads = ["community", "share of users", "items it knows better than others do"]
    if len(members):
        heads.append("its members are more often")
    rows = []
    for community in sorted(measured["x"].unique()):
        top = items[items["x"] == community].sort_values("value", ascending=False, kind="stable")
        share = sizes.loc[sizes["x"] == community, "value"].sum()
        cells = [
            NumberCell(f"{100 * share:.1f} %"),
            NumberCell("; ".join(top["series"]), numeric=False),
        ]
        if len(members):
            theirs = members[(members["x"] == community) & (members["value"] > 0)].nlargest(
                _MOST_ATTRIBUTES, "value"
            )
            said = (
                f"{name} (+{100 * lead:.1f} points)"
                for name, lead in zip(theirs["series"], theirs["value"], strict=True)
            )
            cells.append(NumberCell("; ".join(said) or "–", numeric=False))
        rows.append((f"{community + 1:g}", tuple(cells)))
    return NumberTable("Communities: their items and their members", tuple(heads), tuple(rows))


def _first_seen(values: Iterable) -> list:
    return list(dict.fromkeys(values))
