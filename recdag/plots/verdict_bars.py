"""How each paper's numbers fared, as a small picture."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from recdag.plots.drawing import to_png

_COLOURS = {
    "reproduced": "#0a6b49",
    "higher": "#1b58b0",
    "lower": "#a5331c",
    "not_comparable": "#6d3f94",
    "not_run": "#8b929c",
    "no_data": "#d9dce1",
}


def bars(counts: pd.DataFrame, titles: Mapping[str, str]) -> bytes:
    """A PNG with a bar a paper, divided by verdict.

    Args:
        counts: how many numbers, a row a paper, a column a verdict.
        titles: verdict -> how it is called, in the order of the bars' parts.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 0.9 + 0.34 * len(counts)))
    axes = figure.subplots()
    left = pd.Series(0, index=counts.index)
    for verdict, title in titles.items():
        if verdict not in counts:
            continue
        widths = counts[verdict]
        total = int(widths.sum())
        axes.barh(counts.index, widths, left=left, color=_COLOURS[verdict], label=f"{title} {total}")
        left = left + widths
    axes.invert_yaxis()
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(left=False)
    axes.set_xlabel("published numbers")
    figure.legend(loc="upper center", ncols=6, frameon=False, fontsize="small", columnspacing=1.2)
    figure.subplots_adjust(
        left=0.2, right=0.97, bottom=0.5 / figure.get_figheight(), top=1 - 0.35 / figure.get_figheight()
    )
    return to_png(figure, dpi=100)
