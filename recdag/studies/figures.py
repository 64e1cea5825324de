"""From the rows of a study to its charts, with captions and descriptions in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from recdag import words
from recdag.plots.charts import Dot, Line, dot_chart, histogram, line_chart, wide
from recdag.plots.drawing import SMALLEST_SECONDS, thinned
from recdag.studies.names import Measure, Names, amount, names_of
from recdag.studies.points import published_of

if TYPE_CHECKING:
    from recdag.studies.content import Shown

_COVERED = 0.025
"""Error bars of a smaller share of the range of values are hidden by the marks."""


@dataclass(frozen=True)
class Drawn:
    """A figure as SVG, and its caption."""

    svg: str
    caption: str


def line_figure(shown: Shown, measure: Measure, name: str) -> Drawn:
    """A measure against the study's axis, a line for each series, published ones beside them."""
    here, there = measure.of(shown.measured), published_of(measure, shown.published)
    names = names_of(list(dict.fromkeys([*here["series"], *there["series"]])))
    xs = np.concatenate([here["x"].dropna(), there["x"].dropna()]).astype(float)
    ours = [
        _line(str(series), part, names, (xs.min(), xs.max()))
        for series, part in here.groupby("series", sort=False)
    ]
    measured = set(here["series"])
    theirs = [
        _published_line(str(series), part, names, named=series not in measured)
        for series, part in there.groupby("series", sort=False)
    ]
    x_label, y_label = shown.axis_label(shown.x_name), shown.label(measure)
    said = [_in_words(line, names.short[label]) for line, label in zip(ours, _labels(here), strict=True)]
    said += [
        f"published {_in_words(line, names.short[label])}"
        for line, label in zip(theirs, _labels(there), strict=True)
    ]
    svg = line_chart(
        [*ours, *theirs],
        x_label=x_label,
        y_label=y_label,
        name=name,
        title=f"{y_label} by {x_label} on {shown.dataset}: {'; '.join(said)}",
        log_x=wide(xs),
    )
    return Drawn(svg, _caption(f"{y_label} by {x_label}", measure, names.common, here))


def dot_figure(shown: Shown, measure: Measure, name: str) -> Drawn:
    """A measure of series without an order, a row each."""
    here, there = measure.of(shown.measured), published_of(measure, shown.published)
    labels = list(dict.fromkeys([*here["series"], *there["series"]]))
    names = names_of(labels)
    ours = here.drop_duplicates("series").set_index("series")
    theirs = there.drop_duplicates("series").set_index("series")["value"]
    dots = [
        Dot(
            names.short[label],
            names.models[label],
            float(ours["value"].get(label, np.nan)),
            float(ours["std_err"].get(label, np.nan)),
            float(theirs.get(label, np.nan)),
        )
        for label in labels
    ]
    dots.sort(key=lambda dot: _rank(dot, smaller=measure.smaller_is_better))
    label = shown.label(measure)
    said = (
        f"{dot.label} {amount(dot.value)}"
        + ("" if np.isnan(dot.published) else f" (published {amount(dot.published)})")
        for dot in dots
    )
    title = f"{label} on {shown.dataset}: {'; '.join(said)}"
    svg = dot_chart(dots, x_label=label, name=name, title=title)
    return Drawn(svg, _caption(label, measure, names.common, here))


def _rank(dot: Dot, *, smaller: bool) -> float:
    """The best first; a series that is only published by what is published."""
    value = dot.published if np.isnan(dot.value) else dot.value
    return value if smaller else -value


def curve_figure(shown: Shown, measure: Measure, over: str, name: str) -> Drawn:
    """Learning curves over epochs or seconds."""
    here = measure.of(shown.measured)
    names = names_of(list(dict.fromkeys(here["series"])))
    lines = [_curve(str(series), part, names, over) for series, part in here.groupby("series", sort=False)]
    x_label, y_label = shown.axis_label(over), shown.label(measure)
    ends = "; ".join(
        f"{line.label} from {amount(line.values[0])} to {amount(line.values[-1])} at {line.xs[-1]:.3g}"
        for line in lines
    )
    svg = line_chart(
        lines,
        x_label=x_label,
        y_label=y_label,
        name=name,
        title=f"{y_label} by {x_label} on {shown.dataset}: {ends}",
        log_x=over == "seconds",
        log_y=measure.metric == "loss" and wide(here["value"].to_numpy(float)),
        ticks_at_points=False,
    )
    return Drawn(svg, _caption(f"{y_label} by {x_label}", measure, names.common) + _clamped(here, over))


def histogram_figure(shown: Shown, x_name: str, name: str) -> Drawn:
    """The shares of one measure in each bin of an axis."""
    here = shown.measured[shown.measured["x_name"] == x_name].sort_values("x")
    starts, shares = here["x"].to_numpy(float), here["value"].to_numpy(float)
    log_x = _geometric(starts)
    edges = np.append(starts, _last_edge(starts))
    top = int(shares.argmax())
    y_label = shown.label(shown.measures[0])
    title = (
        f"{y_label} by {x_name} on {shown.dataset}, from {edges[0]:.3g} to {edges[-1]:.3g}: most, "
        f"{words.number(shares[top], 3)}, from {edges[top]:.3g} to {edges[top + 1]:.3g}"
    )
    svg = histogram(edges, shares, x_label=x_name, y_label=y_label, name=name, title=title, log_x=log_x)
    return Drawn(svg, f"{y_label[0].upper()}{y_label[1:]} by {x_name}.")


def _geometric(starts: np.ndarray) -> bool:
    """Whether bins grow by a factor, not by a step."""
    if len(starts) < 3 or starts[0] <= 0:
        return False
    ratios = starts[1:] / starts[:-1]
    return bool(np.allclose(ratios, ratios[0], rtol=1e-6))


def _last_edge(starts: np.ndarray) -> float:
    """Where the last bin ends, if it is as wide as the one before, or as many times its start."""
    if len(starts) < 2:
        return float(starts[-1] + 1)
    if _geometric(starts):
        return float(starts[-1] ** 2 / starts[-2])
    return float(2 * starts[-1] - starts[-2])


def _line(label: str, rows: pd.DataFrame, names: Names, ends: tuple[float, float]) -> Line:
    short, colour = names.short[label], names.colours[label]
    if rows["x"].isna().all():
        value = float(rows["value"].iloc[0])
        return Line(
            short, colour, np.array(ends), np.full(2, value), np.full(2, np.nan), level=True, name=short
        )
    placed = rows.dropna(subset=["x"]).sort_values("x")
    xs, values, errors = (placed[column].to_numpy(float) for column in ("x", "value", "std_err"))
    return Line(short, colour, xs, values, errors, name=short)


def _published_line(label: str, rows: pd.DataFrame, names: Names, *, named: bool) -> Line:
    placed = rows.sort_values("x")
    xs, values = placed["x"].to_numpy(float), placed["value"].to_numpy(float)
    short = f"{names.short[label]}, published" if named else ""
    colour = names.models[label] if named else names.colours[label]
    return Line(short, colour, xs, values, np.full(len(xs), np.nan), published=True, name=names.short[label])


def _curve(label: str, rows: pd.DataFrame, names: Names, over: str) -> Line:
    """A learning curve, thinned where it has very many points."""
    placed = rows.sort_values("x", kind="stable")
    kept = thinned(len(placed))
    xs, values = (placed[column].to_numpy(float)[kept] for column in ("x", "value"))
    if over == "seconds":
        xs = np.maximum(xs, SMALLEST_SECONDS)
    short = names.short[label]
    return Line(short, names.colours[label], xs, values, np.full(len(xs), np.nan), name=short)


def _labels(rows: pd.DataFrame) -> Iterable[str]:
    return dict.fromkeys(rows["series"])


def _in_words(line: Line, label: str) -> str:
    if line.level or len(line.xs) == 1:
        place = "" if line.level else f" at {line.xs[0]:g}"
        return f"{label} {amount(line.values[0])}{place}"
    return (
        f"{label} from {amount(line.values[0])} at {line.xs[0]:g} "
        f"to {amount(line.values[-1])} at {line.xs[-1]:g}"
    )


def _clamped(rows: pd.DataFrame, over: str) -> str:
    early = over == "seconds" and bool((rows["x"] < SMALLEST_SECONDS).any())
    return f" Shorter times stand at {SMALLEST_SECONDS:g} s." if early else ""


def _errors(rows: pd.DataFrame | None) -> str:
    """What is said of the error bars: nothing where there are none, their size where marks cover them."""
    if rows is None or not (largest := np.nan_to_num(rows["std_err"].to_numpy(float)).max(initial=0)):
        return ""
    if largest < _COVERED * np.ptp(rows["value"].to_numpy(float)):
        return f"Standard errors, {amount(float(largest))} at most, are within the marks."
    return "Bars: one standard error."


def _caption(label: str, measure: Measure, common: str, rows: pd.DataFrame | None = None) -> str:
    parts: Sequence[str] = [
        f"{label[0].upper()}{label[1:]}{f'; {common} throughout' if common else ''}.",
        "Lower is better." if measure.smaller_is_better else "",
        _errors(rows),
    ]
    return " ".join(filter(None, parts))
