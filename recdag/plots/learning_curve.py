"""The learning curve of one model as a small picture."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from recdag.plots.drawing import to_png


def learning_curve(
    rows: Iterable[Mapping[str, Any]], validation: str, *, smaller_is_better: bool = False
) -> bytes | None:
    """A PNG of loss and validation over epochs, a line a phase; None where nothing was learned by epochs.

    Args:
        rows: values with their `phase`, `epoch` and `name`.
        validation: what validation measures, as printed.
        smaller_is_better: validation's values have their sign turned; they are drawn as they were measured.
    """
    titles = {"validation": f"{validation}{', lower is better' if smaller_is_better else ''}"}
    curves: dict[str, dict[str, tuple[list[int], list[float]]]] = defaultdict(
        lambda: defaultdict(lambda: ([], []))
    )
    for row in rows:
        epochs, values = curves[row["name"]][row["phase"]]
        epochs.append(row["epoch"])
        values.append(row["value"] * (-1 if smaller_is_better and row["name"] == "validation" else 1))
    if not curves:
        return None

    from matplotlib.figure import Figure

    figure = Figure(figsize=(4 * len(curves), 2.8))
    for axes, (name, phases) in zip(
        figure.subplots(1, len(curves), squeeze=False)[0], curves.items(), strict=True
    ):
        for phase, (epochs, values) in phases.items():
            axes.plot(epochs, values, marker="." if len(epochs) < 30 else None, label=phase)
        axes.set(title=titles.get(name, name), xlabel="epoch")
        axes.legend(frameon=False)
    figure.subplots_adjust(left=0.5 / (4 * len(curves)), right=0.98, bottom=0.18, top=0.88)
    return to_png(figure)
