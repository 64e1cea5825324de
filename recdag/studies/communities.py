"""The communities that FAWMF found: the items they know best, and who belongs to them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from recdag.graph.model_folder import Card, load_trained
from recdag.graph.splits import read_splits
from recdag.graph.study_request import StudyPlan, StudyRequest, StudyResult
from recdag.papers.catalogue import PAPERS
from recdag.studies.base import Communities
from recdag.studies.evaluated import evaluated_keys

_MOST_VALUES = 25
"""Attributes with more different values than this are no groups of people."""


def communities(study: Communities, request: StudyRequest) -> StudyPlan:
    """Rows of two kinds for each community: its top items, and its members' attributes.

    An item's value is how much better the community knows it than all users do (difference of
    exposures); an attribute's value is its share among members less that among all users, members
    weighed by their membership.
    """

    def compute() -> StudyResult:
        card = Card.read(request.project.trained(request.dataset, request.paper, study.model))
        assert card is not None
        split = read_splits(request.project, request.dataset, PAPERS[request.paper].protocol)[0]
        theta, reach = _fitted(request, card)
        with request.project.warehouse.reading(request.dataset) as connection:
            titles = (
                connection.execute("select coalesce(title, item_key) as title from items order by item_id")
                .df()["title"]
                .to_numpy()[split.item_ids]
            )
            attributes = connection.execute("select attributes from users order by user_id").df()
        shown = attributes["attributes"].iloc[split.user_ids]
        rows = [*_items(theta, reach, titles, study.top), *_sizes(theta), *_members(theta, shown)]
        table = pd.DataFrame(rows, columns=["x", "series", "metric", "value"])
        return StudyResult(table.assign(x_name="community", std_err=np.nan))

    return StudyPlan({"evaluated": evaluated_keys(request, [study.model])}, compute)


def _fitted(request: StudyRequest, card: Card) -> tuple[np.ndarray, np.ndarray]:
    """(n, D) memberships and (m, D) exposures of the first fold's model."""
    from recdag.training.device import choose_device

    folder = request.project.trained(card.dataset, card.paper, card.model)
    state = load_trained(folder, card, 0, choose_device()).parameters_state()
    return state["theta"].cpu().numpy(), state["reach"].cpu().numpy()


def _items(theta: np.ndarray, reach: np.ndarray, titles: np.ndarray, top: int) -> Iterator[tuple[Any, ...]]:
    lead = reach - (reach @ theta.mean(0))[:, None]
    for community in range(theta.shape[1]):
        for item in np.argsort(-lead[:, community], kind="stable")[:top]:
            yield float(community), str(titles[item]), "exposure above average", float(lead[item, community])


def _sizes(theta: np.ndarray) -> Iterator[tuple[Any, ...]]:
    for community, share in enumerate(theta.mean(0)):
        yield float(community), "members", "share of users", float(share)


def _members(theta: np.ndarray, attributes: pd.Series) -> Iterator[tuple[Any, ...]]:
    if attributes.isna().all():
        return
    table = pd.json_normalize([json.loads(text) for text in attributes.fillna("{}")])
    weights = theta / theta.sum(0)
    for name in table.columns:
        if table[name].nunique() > _MOST_VALUES:
            continue
        groups = pd.get_dummies(table[name].astype(str)).astype(float)
        lead = weights.T @ groups.to_numpy() - groups.mean().to_numpy()
        for community in range(theta.shape[1]):
            for value, share in zip(groups.columns, lead[community], strict=True):
                yield float(community), f"{name} {value}", "share above average", float(share)
