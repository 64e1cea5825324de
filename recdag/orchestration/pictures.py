"""Small pictures in asset metadata."""

import base64

import dagster as dg

from recdag.graph.comparison import report_picture
from recdag.graph.model_folder import PICTURE
from recdag.graph.previews import counts_picture, tails_picture
from recdag.graph.project import Project
from recdag.graph.step import Outcome


def learning_curve(project: Project, outcome: Outcome) -> dg.MetadataValue:
    """The picture that lies beside the weights of a trained model."""
    card = outcome.metadata
    picture = project.trained(card["dataset"], card["paper"], card["model"]) / PICTURE
    if not picture.exists():
        return dg.MetadataValue.md("Solved in closed form: no learning curve.")
    return _embedded("learning curve", picture.read_bytes())


def positives(project: Project, dataset: str, version: str) -> dict[str, dg.MetadataValue]:
    """How the positives spread over users and items."""
    return {"spread": _embedded("positives by user and item", tails_picture(project, dataset, version))}


def counts(project: Project, dataset: str, version: str) -> dict[str, dg.MetadataValue]:
    """How often users meet the same item."""
    return {"counts": _embedded("events of a user with an item", counts_picture(project, dataset, version))}


def verdicts(project: Project) -> dg.MetadataValue:
    """How each paper's numbers fared."""
    picture = report_picture(project)
    if picture is None:
        return dg.MetadataValue.md("No published number has been compared yet.")
    return _embedded("verdicts by paper", picture)


def _embedded(title: str, png: bytes) -> dg.MetadataValue:
    return dg.MetadataValue.md(f"![{title}](data:image/png;base64,{base64.b64encode(png).decode()})")
