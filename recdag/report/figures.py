"""The figures of the report: SVG that takes its colours from the page, so that it follows its theme.

matplotlib draws with stand-in colours; afterwards each becomes the CSS variable of the same role.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from recdag.report.labels import place, spread
from recdag.report.results import lower_is_better
from recdag.report.wording import metric_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = 12
_INK, _MUTED, _RULE = "#5e00f0", "#5e00f1", "#5e00f2"
_ROLES = {_INK: "--ink", _MUTED: "--muted", _RULE: "--rule"}
_ROLES |= {f"#5e00{index:02x}": f"--series-{index}" for index in range(COLOURS)}
_STYLES = ("-", "--", ":")
_MARKERS = ("o", "s", "^")
_SIZE = (4.7, 3.2)
_LINE, _CHARACTER, _MARK = 11.5, 5.7, 3.5  # points: height and width of a label, half a marker
_LEADER = {"arrowstyle": "-", "color": _RULE, "shrinkA": 0, "shrinkB": 2, "relpos": (0, 0.5)}
_SMALLEST_SECONDS = 0.01


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
    with _drawing(name, right=0.75) as (figure, axes):
        for curve in curves:
            style = _STYLES[curve.series // COLOURS % len(_STYLES)]
            marker = "o" if len(curve.values) == 1 else None
            axes.plot(
                curve.epochs, curve.values, style, color=_colour(curve.series), linewidth=1.6, marker=marker
            )
        axes.set_xlabel("epoch")
        axes.set_ylabel(y_label)
        _whole_epochs(axes, curves)
        _name_ends(axes, curves)
        return _svg(figure, name, title)


def cost_and_quality(points: Sequence[Point], metric: str, *, name: str, title: str) -> str:
    """Training time against a metric, with the front that no other model beats on both."""
    with _drawing(name, right=0.95) as (figure, axes):
        seconds = np.array([max(point.seconds, _SMALLEST_SECONDS) for point in points])
        values = np.array([point.value for point in points])
        axes.set_xscale("log")
        front = front_of(seconds, values, smaller=lower_is_better(metric))
        axes.plot(seconds[front], values[front], "-", color=_RULE, linewidth=5, zorder=0)
        for point, x in zip(points, seconds, strict=True):
            axes.errorbar(
                x,
                point.value,
                yerr=0 if np.isnan(point.std_err) else point.std_err,
                fmt=_MARKERS[point.series // COLOURS % len(_MARKERS)],
                color=_colour(point.series),
                markersize=6,
                elinewidth=1.2,
                zorder=2,
            )
        axes.set_xlabel("training time in seconds")
        axes.set_ylabel(metric_name(metric))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.margins(x=0.08, y=0.12)
        axes.autoscale_view()
        _name_points(axes, points, seconds)
        return _svg(figure, name, title)


def front_of(seconds: np.ndarray, values: np.ndarray, *, smaller: bool = False) -> np.ndarray:
    """Indices of the points that no other point beats on both counts, cheapest first."""
    quality = -values if smaller else values
    order = np.lexsort((-quality, seconds))
    best_so_far = np.maximum.accumulate(quality[order])
    improves = np.r_[True, quality[order][1:] > best_so_far[:-1]]
    return order[improves]


def _colour(series: int) -> str:
    return f"#5e00{series % COLOURS:02x}"


@contextmanager
def _drawing(name: str, right: float) -> Iterator[tuple[Figure, Axes]]:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    settings: dict[Any, Any] = {
        "svg.fonttype": "none",
        "svg.hashsalt": name,
        "font.size": 9.5,
        "axes.edgecolor": _RULE,
        "axes.labelcolor": _INK,
        "text.color": _INK,
        "xtick.color": _MUTED,
        "ytick.color": _MUTED,
        "xtick.labelcolor": _MUTED,
        "ytick.labelcolor": _MUTED,
        "axes.grid": True,
        "axes.grid.axis": "y",
        "grid.color": _RULE,
        "grid.linewidth": 0.7,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "ytick.left": False,
        "lines.solid_capstyle": "round",
    }
    with rc_context(settings):
        figure = Figure(figsize=_SIZE, dpi=72)
        figure.subplots_adjust(left=0.145, right=right, bottom=0.16, top=0.97)
        yield figure, figure.add_subplot()


def _whole_epochs(axes: Axes, curves: Sequence[Curve]) -> None:
    from matplotlib.ticker import MaxNLocator

    last = max(curve.epochs[-1] for curve in curves)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
    axes.set_xlim(0, max(last, 2))


def _name_ends(axes: Axes, curves: Sequence[Curve]) -> None:
    """Write every curve's name right of the axes, at the height where it ends."""
    ends = axes.transData.transform([(curve.epochs[-1], curve.values[-1]) for curve in curves])
    right = axes.bbox.x1 + 8
    heights = spread(ends[:, 1], _LINE, axes.bbox.y0, axes.bbox.y1)
    for curve, end, height in zip(curves, ends, heights, strict=True):
        _write(axes, curve.label, tuple(end), (right, height), curve.series, leader=True)


def _name_points(axes: Axes, points: Sequence[Point], seconds: np.ndarray) -> None:
    """Write every point's name beside it, where it covers no other name, point or error bar."""
    widths = np.array([_CHARACTER * len(point.label) for point in points])
    values = np.array([point.value for point in points])
    errors = np.nan_to_num([point.std_err for point in points])
    low, pixels, high = (
        axes.transData.transform(np.column_stack([seconds, values + shift])) for shift in (-errors, 0, errors)
    )
    marks = np.column_stack([low - _MARK, high + _MARK])
    corners = place(pixels, marks, widths, _LINE, axes.bbox.x1, _MARK)
    for point, at, corner in zip(points, pixels, corners, strict=True):
        _write(axes, point.label, tuple(at), (corner[0], corner[1] + _LINE / 2), point.series, leader=False)


def _write(
    axes: Axes, label: str, at: tuple[float, float], text: tuple[float, float], series: int, *, leader: bool
) -> None:
    axes.annotate(
        label,
        xy=at,
        xytext=text,
        xycoords="figure pixels",
        textcoords="figure pixels",
        va="center",
        color=_colour(series),
        fontsize=9,
        annotation_clip=False,
        arrowprops=_LEADER if leader else None,
    )


def _svg(figure: Figure, name: str, title: str) -> str:
    """The figure as an SVG element with the page's colours, unique ids and an accessible name."""
    from markupsafe import escape

    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*">', "<g>", svg)
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r"#5e00[0-9a-f]{2}", lambda match: f"var({_ROLES[match[0]]})", svg)
    svg = re.sub(r"font-family: [^;\"]*;? ?", "", svg)
    box = re.search(r'viewBox="[^"]*"', svg)
    head = f'<svg class="figure" role="img" aria-label="{escape(title)}" xmlns="http://www.w3.org/2000/svg" '
    head += f'xmlns:xlink="http://www.w3.org/1999/xlink" {box[0] if box else ""}>'
    return head + svg[svg.index(">") + 1 :]
