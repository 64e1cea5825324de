"""The figures of the report's results: learning curves, and quality against cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from recdag.report.drawing import (
    CHARACTER,
    COLOURS,
    CROWDED,
    LINE,
    MARK,
    MARKERS,
    RULE,
    SMALLEST_SECONDS,
    colour,
    drawing,
    to_svg,
    write_label,
)
from recdag.report.labels import place, spread
from recdag.report.tables import lower_is_better
from recdag.report.wording import metric_name, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STYLES = ("-", "--", ":")


@dataclass(frozen=True)
class Curve:
    """One model's values by epoch; `series` numbers its colour."""

    label: str
    series: int
    epochs: Sequence[float]
    values: Sequence[float]


@dataclass(frozen=True)
class Point:
    """One model: what it cost to train and how good it is."""

    label: str
    series: int
    seconds: float
    value: float
    std_err: float


def learning_curves(curves: Sequence[Curve], y_label: str, *, name: str, title: str) -> str:
    """Lines by epoch, each labelled at its end.

    Args:
        name: unique on the page; the ids inside the SVG start with it.
        title: what the picture shows, for those who do not see it.
    """
    large = len(curves) > CROWDED
    with drawing(name, right=0.78 if large else 0.75, large=large) as (figure, axes):
        for curve in curves:
            style = _STYLES[curve.series // COLOURS % len(_STYLES)]
            marker = "o" if len(curve.values) == 1 else None
            axes.plot(
                curve.epochs, curve.values, style, color=colour(curve.series), linewidth=1.6, marker=marker
            )
        axes.set_xlabel("epoch")
        axes.set_ylabel(y_label)
        _whole_epochs(axes, curves)
        _name_ends(axes, curves)
        return to_svg(figure, name, title)


def cost_and_quality(points: Sequence[Point], metric: str, *, name: str, title: str) -> str:
    """Training time against a metric, with the front that no other model beats on both.

    Where models are many, those that are far behind stand at the edge, with their value.
    """
    crowded = len(points) > CROWDED
    with drawing(name, right=0.95, large=crowded) as (figure, axes):
        seconds = np.array([max(point.seconds, SMALLEST_SECONDS) for point in points])
        smaller = lower_is_better(metric)
        values = np.array([point.value for point in points])
        axes.set_xscale("log")
        front = front_of(seconds, values, smaller=smaller)
        if crowded:
            points, values = _at_the_edge(points, values, smaller=smaller)
        axes.plot(seconds[front], values[front], "-", color=RULE, linewidth=5, zorder=0)
        for point, x, value in zip(points, seconds, values, strict=True):
            axes.errorbar(
                x,
                value,
                yerr=0 if np.isnan(point.std_err) else point.std_err,
                fmt=MARKERS[point.series // COLOURS % len(MARKERS)],
                color=colour(point.series),
                markersize=6,
                elinewidth=1.2,
                zorder=2,
            )
        axes.set_xlabel("training time in seconds")
        axes.set_ylabel(metric_name(metric))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.margins(x=0.08, y=0.12)
        axes.autoscale_view()
        _name_points(axes, points, seconds, values)
        return to_svg(figure, name, title)


def front_of(seconds: np.ndarray, values: np.ndarray, *, smaller: bool = False) -> np.ndarray:
    """Indices of the points that no other point beats on both counts, cheapest first."""
    quality = -values if smaller else values
    order = np.lexsort((-quality, seconds))
    best_so_far = np.maximum.accumulate(quality[order])
    improves = np.r_[True, quality[order][1:] > best_so_far[:-1]]
    return order[improves]


def _at_the_edge(
    points: Sequence[Point], values: np.ndarray, *, smaller: bool
) -> tuple[list[Point], np.ndarray]:
    """Points and heights with the outliers on the bad side (Tukey's fences) moved to the fence."""
    low, high = np.percentile(values, [25, 75])
    reach = 1.5 * (high - low)
    shown = np.minimum(values, high + reach) if smaller else np.maximum(values, low - reach)
    arrow = "↑" if smaller else "↓"
    moved = [
        point if height == point.value else _said_to_be(point, arrow)
        for point, height in zip(points, shown, strict=True)
    ]
    return moved, shown


def _said_to_be(point: Point, arrow: str) -> Point:
    return replace(point, label=f"{point.label} {number(point.value)} {arrow}", std_err=np.nan)


def _whole_epochs(axes: Axes, curves: Sequence[Curve]) -> None:
    from matplotlib.ticker import MaxNLocator

    last = max(curve.epochs[-1] for curve in curves)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
    axes.set_xlim(0, max(last, 2))


def _name_ends(axes: Axes, curves: Sequence[Curve]) -> None:
    """Write every curve's name right of the axes, at the height where it ends."""
    ends = axes.transData.transform([(curve.epochs[-1], curve.values[-1]) for curve in curves])
    right = axes.bbox.x1 + 8
    heights = spread(ends[:, 1], LINE, axes.bbox.y0, axes.bbox.y1)
    for curve, end, height in zip(curves, ends, heights, strict=True):
        write_label(axes, curve.label, tuple(end), (right, height), curve.series, leader=True)


def _name_points(axes: Axes, points: Sequence[Point], seconds: np.ndarray, values: np.ndarray) -> None:
    """Write every point's name beside it, where it covers no other name, point or error bar."""
    widths = np.array([CHARACTER * len(point.label) for point in points])
    errors = np.nan_to_num([point.std_err for point in points])
    low, pixels, high = (
        axes.transData.transform(np.column_stack([seconds, values + shift])) for shift in (-errors, 0, errors)
    )
    marks = np.column_stack([low - MARK, high + MARK])
    corners = place(pixels, marks, widths, LINE, axes.bbox.x1, MARK)
    for point, at, corner in zip(points, pixels, corners, strict=True):
        write_label(
            axes, point.label, tuple(at), (corner[0], corner[1] + LINE / 2), point.series, leader=False
        )
