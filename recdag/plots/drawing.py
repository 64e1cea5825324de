"""What all figures share: SVG that takes its colours from the page, so that it follows its theme.

For SVG matplotlib draws with stand-in colours; afterwards each becomes the CSS variable of the same role.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = 12
CROWDED = 12
"""More models than this need a figure over the whole width of the page."""
MARKERS = ("o", "s", "^")
INK, MUTED, RULE, PAPER = "#5e00f0", "#5e00f1", "#5e00f2", "#5e00f3"
WIDTH = 4.7
LARGE = (8.6, 4.9)
SMALLEST_SECONDS = 0.01
"""Shorter times stand here on a logarithmic axis."""
_LONGEST_CURVE = 150
_TIP = "tip: "
LINE, CHARACTER, MARK = 11.5, 5.7, 3.5
"""Points: height of a label, width of its characters, half a marker."""
_ROLES = {INK: "--ink", MUTED: "--muted", RULE: "--rule", PAPER: "--paper"}
_ROLES |= {f"#5e00{index:02x}": f"--series-{index}" for index in range(COLOURS)}
_LEADER = {"arrowstyle": "-", "color": RULE, "shrinkA": 0, "shrinkB": 2, "relpos": (0, 0.5)}


def colour(series: int) -> str:
    """The stand-in colour number `series`; they come round after the last."""
    return f"#5e00{series % COLOURS:02x}"


@contextmanager
def drawing(
    name: str,
    right: float,
    *,
    left: float = 0.145,
    top: float = 0.97,
    height: float = 3.2,
    grid: str = "y",
    large: bool = False,
) -> Iterator[tuple[Figure, Axes]]:
    """An empty figure in the report's style.

    Args:
        name: unique on the page.
        left, right, top: where the axes end, as shares of the figure.
        height: of the figure in inches.
        grid: the axis whose ticks have lines.
        large: for the whole width of the page, with `left` and `height` of its own.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    width = WIDTH
    if large:
        width, height, left = LARGE[0], LARGE[1], left * WIDTH / LARGE[0]
    settings: dict[Any, Any] = {
        "svg.fonttype": "none",
        "svg.hashsalt": name,
        "font.size": 9.5,
        "axes.edgecolor": RULE,
        "axes.labelcolor": INK,
        "text.color": INK,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.labelcolor": MUTED,
        "ytick.labelcolor": MUTED,
        "axes.grid": True,
        "axes.grid.axis": grid,
        "grid.color": RULE,
        "grid.linewidth": 0.7,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "ytick.left": False,
        "lines.solid_capstyle": "round",
    }
    with rc_context(settings):
        figure = Figure(figsize=(width, height), dpi=72)
        figure.subplots_adjust(left=left, right=right, bottom=0.512 / height, top=top)
        yield figure, figure.add_subplot()


def thinned(count: int) -> np.ndarray:
    """(at most 150,) places of the points to draw of a curve of `count` points, evenly, with both ends."""
    return np.unique(np.linspace(0, count - 1, min(count, _LONGEST_CURVE)).round().astype(int))


def room_right(labels: Sequence[str], *, large: bool = False, least: float = 0.4) -> float:
    """Where the axes have to end, as a share of the figure, for labels of one line to fit beside them."""
    longest = max((len(label) for label in labels), default=0)
    return max(1 - (CHARACTER * longest + 18) / (72 * (LARGE[0] if large else WIDTH)), least)


def room_for_ticks(figure: Figure, axes: Axes) -> None:
    """Move the left end of the axes to the right where tick labels and title have not enough room."""
    figure.draw_without_rendering()
    longest = max((len(label.get_text()) for label in axes.get_yticklabels()), default=0)
    wanted = (CHARACTER * longest + 2.2 * LINE) / (72 * figure.get_figwidth())
    figure.subplots_adjust(left=max(wanted, figure.subplotpars.left))


def tip(artist: Artist, text: str) -> None:
    """What is shown where the pointer rests on something drawn."""
    artist.set_gid(f"{_TIP}{text}")


def write_label(
    axes: Axes, label: str, at: tuple[float, float], text: tuple[float, float], series: int, *, leader: bool
) -> None:
    """Write a label in its series' colour at `text`, with a line to `at` if it is to have a leader."""
    axes.annotate(
        label,
        xy=at,
        xytext=text,
        xycoords="figure pixels",
        textcoords="figure pixels",
        va="center",
        color=colour(series),
        fontsize=9,
        annotation_clip=False,
        arrowprops=_LEADER if leader else None,
    )


def to_png(figure: Figure, dpi: int = 80) -> bytes:
    """The figure as a picture, for pages that are not ours."""
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=dpi)
    return picture.getvalue()


def to_svg(figure: Figure, name: str, title: str) -> str:
    """The figure as an SVG element with the page's colours, unique ids and an accessible name."""
    from markupsafe import escape

    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", svg, flags=re.DOTALL)
    svg = re.sub(rf'<g id="{_TIP}([^"]*)">', r"<g><title>\1</title>", svg)
    svg = re.sub(r'<g id="[^"]*">', "<g>", svg)
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r"#5e00[0-9a-f]{2}", lambda match: f"var({_ROLES[match[0]]})", svg)
    svg = re.sub(r"font-family: [^;\"]*;? ?", "", svg)
    box = re.search(r'viewBox="[^"]*"', svg)
    head = f'<svg class="figure" role="img" aria-label="{escape(title)}" xmlns="http://www.w3.org/2000/svg" '
    head += f'xmlns:xlink="http://www.w3.org/1999/xlink" {box[0] if box else ""}>'
    return head + svg[svg.index(">") + 1 :]
