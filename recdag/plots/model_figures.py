"""Many models in one figure: learning curves, and quality against cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from recdag.plots.drawing import (
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
    room_for_ticks,
    room_right,
    tip,
    to_svg,
    write_label,
)
from recdag.plots.labels import place, spread
from recdag.words import duration, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STYLES = ("-", "--", ":")
_FEWEST_FOR_FENCES = 5
_FAR = LINE
"""A label farther than this from its point has a line to it."""


@dataclass(frozen=True)
class Curve:
    """One model's values by epoch.

    Attributes:
        series: the number of its colour.
        quiet: grey and without a name: one of many.
    """

    label: str
    series: int
    epochs: Sequence[float]
    values: Sequence[float]
    quiet: bool = False


@dataclass(frozen=True)
class Point:
    """One model: what it cost to train and how good it is."""

    label: str
    series: int
    seconds: float
    value: float
    std_err: float


def learning_curves(curves: Sequence[Curve], y_label: str, *, name: str, title: str) -> str:
    """Lines by epoch, each labelled at its end but for those that are quiet.

    Args:
        name: unique on the page; the ids inside the SVG start with it.
        title: what the picture shows, for those who do not see it.
    """
    large = len(curves) > CROWDED
    named = [curve for curve in curves if not curve.quiet]
    right = room_right([curve.label for curve in named], large=large)
    with drawing(name, right=right, large=large) as (figure, axes):
        for curve in sorted(curves, key=lambda curve: not curve.quiet):
            style = _STYLES[curve.series // COLOURS % len(_STYLES)]
            (line,) = axes.plot(
                curve.epochs,
                curve.values,
                "-" if curve.quiet else style,
                color=RULE if curve.quiet else colour(curve.series),
                linewidth=1.3 if curve.quiet else 1.6,
                marker="o" if len(curve.values) == 1 else None,
                markersize=5,
            )
            tip(line, f"{curve.label}: {curve.values[-1]:.4g} after epoch {curve.epochs[-1]:g}")
        axes.set_xlabel("epoch")
        axes.set_ylabel(y_label)
        _whole_epochs(axes, curves)
        room_for_ticks(figure, axes)
        _name_ends(axes, named)
        return to_svg(figure, name, title)


def cost_and_quality(
    points: Sequence[Point], metric: str, *, name: str, title: str, smaller: bool = False
) -> str:
    """Training time against a metric, with the front that no other model beats on both.

    Models that are far behind stand at the edge, with their value.

    Args:
        metric: as printed. smaller: small values of it are good.
        name, title: as in `learning_curves`.
    """
    large = len(points) > CROWDED
    with drawing(name, right=0.95, large=large) as (figure, axes):
        seconds = np.array([max(point.seconds, SMALLEST_SECONDS) for point in points])
        values = np.array([point.value for point in points])
        axes.set_xscale("log")
        if seconds.min() == seconds.max():
            axes.set_xlim(seconds[0] / 10, seconds[0] * 10)
        front = front_of(seconds, values, smaller=smaller)
        shown, heights = at_the_edge(points, smaller=smaller)
        axes.plot(seconds[front], heights[front], "-", color=RULE, linewidth=5, zorder=0)
        for point, original, x, height in zip(shown, points, seconds, heights, strict=True):
            drawn = axes.errorbar(
                x,
                height,
                yerr=0 if np.isnan(point.std_err) else point.std_err,
                fmt=MARKERS[point.series // COLOURS % len(MARKERS)],
                color=colour(point.series),
                markersize=6,
                elinewidth=1.2,
                zorder=2,
            )
            tip(drawn.lines[0], _in_words(original, metric))
        axes.set_xlabel("training time in seconds")
        axes.set_ylabel(f"{metric}{', lower is better' if smaller else ''}")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.margins(x=0.1, y=0.16)
        axes.autoscale_view()
        room_for_ticks(figure, axes)
        _name_points(axes, shown, seconds, heights, float(figure.bbox.x1) - 2)
        return to_svg(figure, name, title)


def front_of(seconds: np.ndarray, values: np.ndarray, *, smaller: bool = False) -> np.ndarray:
    """Indices of the points that no other point beats on both counts, cheapest first."""
    quality = -values if smaller else values
    order = np.lexsort((-quality, seconds))
    best_so_far = np.maximum.accumulate(quality[order])
    improves = np.r_[True, quality[order][1:] > best_so_far[:-1]]
    return order[improves]


def at_the_edge(points: Sequence[Point], *, smaller: bool) -> tuple[list[Point], np.ndarray]:
    """Points and heights with the outliers on the bad side (Tukey's fences) moved to the fence."""
    values = np.array([point.value for point in points])
    if len(points) < _FEWEST_FOR_FENCES:
        return list(points), values
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


def _in_words(point: Point, metric: str) -> str:
    error = "" if np.isnan(point.std_err) else f" ± {number(point.std_err)}"
    return f"{point.label}: {metric} {number(point.value)}{error}, {duration(point.seconds)}"


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


def _name_points(
    axes: Axes, points: Sequence[Point], seconds: np.ndarray, values: np.ndarray, right: float
) -> None:
    """Write every point's name beside it, where it covers no other name, point or error bar."""
    widths = np.array([CHARACTER * len(point.label) for point in points])
    errors = np.nan_to_num([point.std_err for point in points])
    low, pixels, high = (
        axes.transData.transform(np.column_stack([seconds, values + shift])) for shift in (-errors, 0, errors)
    )
    marks = np.column_stack([low - MARK, high + MARK])
    within = (axes.bbox.x0, axes.bbox.y0, right, axes.bbox.y1)
    corners = place(pixels, marks, widths, LINE, within, MARK)
    for point, at, corner, width in zip(points, pixels, corners, widths, strict=True):
        nearest = np.clip(at, corner, corner + np.array([width, LINE]))
        far = bool(np.linalg.norm(nearest - at) > _FAR)
        write_label(axes, point.label, tuple(at), (corner[0], corner[1] + LINE / 2), point.series, leader=far)
