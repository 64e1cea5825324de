"""The published table of everybody's top lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from recdag.graph.feasibility import why_model_skipped
from recdag.graph.launch_settings import DEFAULT_MODELS
from recdag.graph.ledger import input_versions
from recdag.graph.model_folder import Card
from recdag.graph.project import Project
from recdag.graph.step import Outcome, code_version, step_key
from recdag.graph.trained_services import find_card, open_service
from recdag.serving.service import TOP
from recdag.warehouse.lookups import recorded_keys
from recdag.warehouse.provenance import record
from recdag.warehouse.published import replace_rows

ASSET = "recommendations"
CODE = ("recdag.serving.service", "recdag.graph.published_lists")
"""The modules that decide the lists of a trained model."""


def recommendations_key(project: Project, dataset: str, cards: Mapping[str, Card], top: int) -> str:
    """What the lists depend on.

    Args:
        cards: <paper>/<model> -> how it was trained.
    """
    return step_key(
        models={name: [card.key, card.data_version] for name, card in cards.items()},
        inputs=input_versions(project, dataset, ["interactions", "binarized"]),
        top=top,
        version=code_version(CODE),
    )


def why_lists_skipped(project: Project, dataset: str, models: Sequence[str]) -> str | None:
    """Why the lists that nobody has chosen cannot be published: their models have not been trained."""
    if tuple(models) != DEFAULT_MODELS:
        return None
    untrained = [
        f"{paper}/{model}"
        for paper, model in (name.split("/") for name in models)
        if why_model_skipped(project, dataset, paper, model) is None
        and Card.read(project.trained(dataset, paper, model)) is None
    ]
    if not untrained:
        return None
    return f"{', '.join(untrained)} has not been trained; name other models in the Launchpad"


def publish_recommendations(
    project: Project, dataset: str, models: Sequence[str] = DEFAULT_MODELS, top: int = TOP
) -> Outcome:
    """Fill the rows of a data set in `recommendations` with the lists of some models, unless current.

    Args:
        models: trained models, <paper>/<model>; those of other models leave the table, and one that is
            too large for the machine is skipped.
        top: length of a list.

    Raises:
        RecdagError: no such model, or it has not been trained on this data set.
    """
    names = [name for name in sorted(set(models)) if not _is_skipped(project, dataset, name)]
    cards = {name: find_card(project, dataset, name) for name in names}
    key = recommendations_key(project, dataset, cards, top)
    metadata = {"models": names, "top": top}
    with project.published.reading() as connection:
        known = recorded_keys(connection).get((dataset, ASSET))
    if known == key:
        return Outcome(key, metadata, cached=True)
    lists = [
        rows.assign(paper=card.paper, model=card.model)
        for name, card in cards.items()
        for rows in open_service(project, dataset, name).for_everybody(top)
    ]
    columns = ["paper", "model", "user_key", "rank", "item_key", "title", "score"]
    table = pd.concat(lists, ignore_index=True) if lists else pd.DataFrame(columns=columns)
    with project.published.update() as connection:
        replace_rows(connection, "recommendations", table, dataset=dataset)
        record(connection, ASSET, key, key, {}, dataset=dataset)
    return Outcome(key, {**metadata, "rows": len(table)}, cached=False)


def _is_skipped(project: Project, dataset: str, name: str) -> bool:
    paper, _, model = name.partition("/")
    return why_model_skipped(project, dataset, paper, model) is not None
