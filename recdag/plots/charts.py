"""The charts of studies: lines by a hyperparameter, dots side by side, histograms."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from recdag.plots.drawing import (
    CHARACTER,
    COLOURS,
    LINE,
    MARKERS,
    MUTED,
    PAPER,
    WIDTH,
    colour,
    drawing,
    room_for_ticks,
    tip,
    to_svg,
    write_label,
)
from recdag.plots.labels import spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LABEL = 17  # characters of a name in one line
_NAME = 26  # the same, left of dots
_POINTS = 72 * WIDTH
_WIDE = 20.0
_MOST_MARKS = 24
_TICK = 1.15 * CHARACTER
_LEFT = 0.165
_APART = 21.0  # points between the middles of tick labels


@dataclass(frozen=True)
class Line:
    """One series of a chart.

    Attributes:
        label: written at its end; empty where another line says it. name: for who points at it.
        series: the number of its colour.
        xs, values, errors: its points, in the order of x; errors are nan where there are none.
        level: it has no place on the axis and holds everywhere.
    """

    label: str
    series: int
    xs: np.ndarray
    values: np.ndarray
    errors: np.ndarray
    published: bool = False
    level: bool = False
    name: str = ""


@dataclass(frozen=True)
class Dot:
    """One row of a dot chart; `published` is nan where nothing is."""

    label: str
    series: int
    value: float
    std_err: float
    published: float


def wide(values: np.ndarray) -> bool:
    """Whether positive values span so much that their axis is logarithmic."""
    return bool(len(values) and values.min() > 0 and values.max() > _WIDE * values.min())


def line_chart(
    lines: Sequence[Line],
    *,
    x_label: str,
    y_label: str,
    name: str,
    title: str,
    log_x: bool = False,
    log_y: bool = False,
    ticks_at_points: bool = True,
) -> str:
    """Lines, each labelled at its end; published ones dashed with hollow marks.

    Args:
        name: unique on the page.
        title: what the picture shows, for those who do not see it.
        ticks_at_points: mark the points' places on the horizontal axis, as far as there is room.
    """
    from matplotlib.ticker import MaxNLocator

    labels = [textwrap.fill(line.label, _LABEL, break_long_words=False) for line in lines]
    longest = max(len(part) for label in labels for part in label.split("\n"))
    gap = LINE * max(label.count("\n") + 1 for label in labels)
    published = any(line.published for line in lines)
    height = max(3.2, (gap * sum(map(bool, labels)) + 60) / 72)
    right = 1 - (CHARACTER * longest + 16) / _POINTS
    top = 1 - (0.29 if published else 0.1) / height
    with drawing(name, max(right, 0.5), left=_LEFT, top=top, height=height) as (figure, axes):
        if log_x:
            axes.set_xscale("log")
        if log_y:
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter("{x:g}")
        else:
            axes.yaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
        for line in lines:
            _draw(axes, line)
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        axes.margins(x=0.04)
        axes.autoscale_view()
        room_for_ticks(figure, axes)
        places = np.unique(np.concatenate([line.xs for line in lines]))
        _ticks(axes, places if ticks_at_points else None, log_x, whole=bool((places % 1 == 0).all()))
        if published:
            _key(axes, "● measured\u2003○ published, dashed")
        _name_ends(axes, lines, labels, gap)
        return to_svg(figure, name, title)


def dot_chart(dots: Sequence[Dot], *, x_label: str, name: str, title: str) -> str:
    """A row for each series: what was measured as a dot, what is published as a hollow diamond."""
    labels = [textwrap.fill(dot.label, _NAME, break_long_words=False) for dot in dots]
    lines = [label.count("\n") + 1 for label in labels]
    left = (_TICK * max(len(part) for label in labels for part in label.split("\n")) + 12) / _POINTS
    published = any(not np.isnan(dot.published) for dot in dots)
    height = 0.85 + 0.17 * sum(lines) + 0.13 * len(dots)
    shown = np.array([number for dot in dots for number in (dot.value, dot.published)])
    top = 1 - (0.26 if published else 0.08) / height
    with drawing(name, 0.96, left=left, top=top, height=height, grid="x") as (figure, axes):
        if wide(shown[~np.isnan(shown)]):
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter("{x:g}")
        for row, dot in enumerate(dots):
            error = None if np.isnan(dot.std_err) else dot.std_err
            shade = colour(dot.series)
            drawn = axes.errorbar(
                dot.value, row, xerr=error, fmt="o", color=shade, markersize=6, elinewidth=1.2
            )
            within = "" if error is None else f" ± {error:.4f}"
            if not np.isnan(dot.value):
                tip(drawn.lines[0], f"{dot.label}: {dot.value:.4g}{within}")
            if not np.isnan(dot.published):
                (diamond,) = axes.plot(
                    dot.published, row, "D", color=shade, markerfacecolor=PAPER, markersize=6
                )
                tip(diamond, f"{dot.label}, published: {dot.published:g}")
        axes.set_yticks(range(len(dots)), labels)
        for text, dot in zip(axes.get_yticklabels(), dots, strict=True):
            text.set_color(colour(dot.series))
        axes.set_ylim(len(dots) - 0.5, -0.5)
        axes.margins(x=0.08)
        axes.set_xlabel(x_label)
        if published:
            _key(axes, "● measured\u2003◇ published")
        return to_svg(figure, name, title)


def histogram(
    edges: np.ndarray,
    shares: np.ndarray,
    *,
    x_label: str,
    y_label: str,
    name: str,
    title: str,
    log_x: bool = False,
) -> str:
    """Bars between (n + 1) edges."""
    with drawing(name, 0.97, left=_LEFT) as (figure, axes):
        if log_x:
            axes.set_xscale("log")
        axes.bar(
            edges[:-1], shares, np.diff(edges), align="edge", color=colour(4), edgecolor=PAPER, linewidth=0.8
        )
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        axes.set_xlim(edges[0], edges[-1])
        _ticks(axes, None, log_x)
        return to_svg(figure, name, title)


def _draw(axes: Axes, line: Line) -> None:
    shade, marker = colour(line.series), MARKERS[line.series // COLOURS % len(MARKERS)]
    if line.published:
        (dashed,) = axes.plot(
            line.xs,
            line.values,
            color=shade,
            linewidth=1.1,
            linestyle=(0, (4, 2.5)),
            marker=marker,
            markerfacecolor=PAPER,
            markersize=6,
            zorder=3,
        )
        tip(dashed, _said(line))
        return
    marked = not line.level and len(line.xs) <= _MOST_MARKS
    errors = None if np.isnan(line.errors).all() else np.nan_to_num(line.errors)
    drawn = axes.errorbar(
        line.xs,
        line.values,
        yerr=errors,
        color=shade,
        linewidth=1.6,
        linestyle=":" if line.level else "-",
        marker=marker if marked else None,
        markersize=4.5,
        elinewidth=1.0,
        zorder=2,
    )
    tip(drawn.lines[0], _said(line))


def _said(line: Line) -> str:
    """A line's name and values, for who points at it."""
    if line.level:
        return f"{line.name}: {line.values[0]:.4g}"
    pairs = list(zip(line.xs, line.values, strict=True))
    shown = pairs if len(pairs) <= _MOST_MARKS else [pairs[0], pairs[-1]]
    values = "; ".join(f"{value:.4g} at {x:g}" for x, value in shown)
    return f"{line.name}{', published' if line.published else ''}: {values}"


def _ticks(axes: Axes, places: np.ndarray | None, log: bool, *, whole: bool = False) -> None:
    """Ticks with plain numbers, none closer to the next than their labels allow."""
    from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

    low, high = axes.get_xlim()
    if places is None and log:
        decades = np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
        places = np.outer(10.0**decades, [1, 2, 5] if high < 300 * low else [1]).ravel()
        places = places[(places >= low * 0.999) & (places <= high * 1.001)]
    axes.xaxis.set_major_formatter("{x:g}")
    if places is None:
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, min_n_ticks=1, integer=whole))
        return
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_locator(FixedLocator(list(_with_room(axes, places))))
    axes.set_xlim(low, high)


def _with_room(axes: Axes, places: np.ndarray) -> Iterator[float]:
    pixels = axes.transData.transform(np.column_stack([places, np.full(len(places), axes.get_ylim()[0])]))
    last = -np.inf
    for place, pixel in zip(places, pixels[:, 0], strict=True):
        if pixel - last >= _APART:
            last = pixel
            yield float(place)


def _key(axes: Axes, text: str) -> None:
    axes.annotate(
        text, (1, 1), (0, 5), xycoords="axes fraction", textcoords="offset points", ha="right", color=MUTED,
        fontsize=9, annotation_clip=False,
    )  # fmt: skip


def _name_ends(axes: Axes, lines: Sequence[Line], labels: Sequence[str], gap: float) -> None:
    """Write the names right of the axes, at the heights where the lines end."""
    named = [(line, label) for line, label in zip(lines, labels, strict=True) if label]
    ends = axes.transData.transform([(line.xs[-1], line.values[-1]) for line, _ in named])
    right = axes.bbox.x1 + 8
    beyond = (gap - LINE) / 2
    heights = spread(ends[:, 1], gap, axes.bbox.y0 + beyond, axes.bbox.y1 - beyond)
    for (line, label), end, height in zip(named, ends, heights, strict=True):
        write_label(axes, label, tuple(end), (right, height), line.series, leader=True)
