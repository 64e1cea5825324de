"""How interactions spread over users, items and counts, as small pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from recdag.plots.drawing import to_png

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_POINTS = 500
_COLOUR = "#1b58b0"


def long_tails(sides: Mapping[str, np.ndarray]) -> bytes:
    """A PNG with a panel a side: how many positives each of its users or items has, the most first.

    Args:
        sides: "users" or "items" -> (n,) number of positives of each.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4 * len(sides), 2.8))
    for axes, (name, counts) in zip(
        figure.subplots(1, len(sides), squeeze=False)[0], sides.items(), strict=True
    ):
        ordered = np.sort(counts)[::-1]
        places = np.unique(np.geomspace(1, len(ordered), _POINTS).astype(int))
        axes.loglog(places, ordered[places - 1], color=_COLOUR)
        axes.set(title=f"{len(ordered):,} {name}", xlabel="rank")
        axes.axhline(np.median(counts), color="#999999", linewidth=0.8, linestyle="--")
    figure.axes[0].set_ylabel("positives (dashed: median)")
    return _png(figure, len(sides))


def count_bars(behaviours: Mapping[str, Sequence[float]], bins: Sequence[str]) -> bytes:
    """A PNG with a panel a behaviour: the share of pairs of user and item that have so many events.

    Args:
        behaviours: name -> one share a bin.
        bins: names of the bins.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4 * len(behaviours), 2.8))
    panels = figure.subplots(1, len(behaviours), squeeze=False, sharey=True)[0]
    for axes, (name, shares) in zip(panels, behaviours.items(), strict=True):
        axes.bar(bins, shares, color=_COLOUR)
        axes.set(title=name, xlabel="events of a user with an item")
    panels[0].set_ylabel("share of pairs")
    return _png(figure, len(behaviours))


def _png(figure: Figure, panels: int) -> bytes:
    figure.subplots_adjust(left=0.65 / (4 * panels), right=0.98, bottom=0.18, top=0.88)
    return to_png(figure)
