"""Small pictures in asset metadata."""

import base64
import io
from collections import defaultdict

import dagster as dg

from recdag.pipeline.project import Project
from recdag.pipeline.steps import Outcome
from recdag.pipeline.trained import read_history


def learning_curve(project: Project, outcome: Outcome) -> dg.MetadataValue:
    """Loss and validation over epochs of the first fold, as a picture."""
    card = outcome.metadata
    rows = read_history(project.trained(card["dataset"], card["paper"], card["model"]))[0]
    curves: dict[str, dict[str, tuple[list[int], list[float]]]] = defaultdict(
        lambda: defaultdict(lambda: ([], []))
    )
    for row in rows:
        epochs, values = curves[row["name"]][row["phase"]]
        epochs.append(row["epoch"])
        values.append(row["value"])
    if not curves:
        return dg.MetadataValue.md("Solved in closed form: no learning curve.")

    from matplotlib.figure import Figure

    figure = Figure(figsize=(4 * len(curves), 2.8), layout="constrained")
    for axes, (name, phases) in zip(
        figure.subplots(1, len(curves), squeeze=False)[0], curves.items(), strict=True
    ):
        for phase, (epochs, values) in phases.items():
            axes.plot(epochs, values, marker="." if len(epochs) < 30 else None, label=phase)
        axes.set(title=name, xlabel="epoch")
        axes.legend(frameon=False)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=80)
    encoded = base64.b64encode(picture.getvalue()).decode()
    return dg.MetadataValue.md(f"![learning curve](data:image/png;base64,{encoded})")
