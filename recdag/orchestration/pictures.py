"""Small pictures in asset metadata."""

import base64

import dagster as dg

from recdag.pipeline.project import Project
from recdag.pipeline.steps import Outcome
from recdag.pipeline.trained import PICTURE


def learning_curve(project: Project, outcome: Outcome) -> dg.MetadataValue:
    """The picture that lies beside the weights of a trained model."""
    card = outcome.metadata
    picture = project.trained(card["dataset"], card["paper"], card["model"]) / PICTURE
    if not picture.exists():
        return dg.MetadataValue.md("Solved in closed form: no learning curve.")
    encoded = base64.b64encode(picture.read_bytes()).decode()
    return dg.MetadataValue.md(f"![learning curve](data:image/png;base64,{encoded})")
