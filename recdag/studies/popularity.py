"""How much of what was held out is found, by how popular the items are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from recdag.graph.model_folder import Card, load_trained
from recdag.graph.splits import read_splits
from recdag.graph.study_request import StudyPlan, StudyRequest, StudyResult
from recdag.papers.catalogue import PAPERS
from recdag.studies.base import ByPopularity
from recdag.studies.evaluated import evaluated_keys

if TYPE_CHECKING:
    from recdag.evaluation.split import Split


def by_popularity(study: ByPopularity, request: StudyRequest) -> StudyPlan:
    """Share of each group's held-out pairs that stand in the users' top lists, the folds pooled."""

    def compute() -> StudyResult:
        splits = read_splits(request.project, request.dataset, PAPERS[request.paper].protocol)
        pairs = []
        for split in splits:
            counts = (split.train_and_validation or split.train).positives.count_nonzero(axis=0)
            items = split.test.target.indices
            users = np.repeat(split.test.user_ids, np.diff(split.test.target.indptr))
            pairs.append(
                pd.DataFrame(
                    {
                        "user": users,
                        "popularity": counts[items],
                        "group": popularity_groups(items, counts, study.groups),
                    }
                )
            )
        held_out = pd.concat(pairs, ignore_index=True)
        groups = {
            float(number): held_out[held_out["group"] == number] for number in range(1, study.groups + 1)
        }
        groups = {number: part for number, part in groups.items() if len(part)}
        rows = [
            (number, "items", "users an item", part["popularity"].mean(), np.nan)
            for number, part in groups.items()
        ]
        for model in study.models:
            found = np.concatenate([_ranks(request, model, split) for split in splits]) <= study.cutoff
            rows += [
                (number, model, f"found@{study.cutoff}", *share_found(part["user"], found[part.index]))
                for number, part in groups.items()
            ]
        table = pd.DataFrame(rows, columns=["x", "series", "metric", "value", "std_err"])
        return StudyResult(table.assign(x_name="group by popularity"))

    return StudyPlan({"evaluated": evaluated_keys(request, study.models)}, compute)


def popularity_groups(items: np.ndarray, popularity: np.ndarray, groups: int) -> np.ndarray:
    """The group of every held-out pair, 1 for the least popular items.

    The groups have as equally many pairs as whole items allow.

    Args:
        items: (R,) the pairs' items.
        popularity: (m,) users of each item in training.
    """
    pairs = np.bincount(items, minlength=len(popularity))
    order = np.argsort(popularity, kind="stable")
    middle = np.cumsum(pairs[order]) - pairs[order] / 2
    of_item = np.empty(len(popularity), dtype=np.int64)
    of_item[order] = np.minimum(middle * groups // max(len(items), 1), groups - 1) + 1
    return of_item[items]


def share_found(users: pd.Series, found: np.ndarray) -> tuple[float, float]:
    """The share of pairs that were found, and its standard error with the pairs of a user taken together."""
    share = found.mean()
    by_user = pd.Series(found - share).groupby(users.to_numpy()).sum()
    return float(share), float(np.sqrt((by_user**2).sum()) / len(found))


def _ranks(request: StudyRequest, model: str, split: Split) -> np.ndarray:
    from recdag.evaluation.ranking import rank
    from recdag.training.device import choose_device

    folder = request.project.trained(request.dataset, request.paper, model)
    card = Card.read(folder)
    assert card is not None
    trained = load_trained(folder, card, split.fold, choose_device())
    return rank(trained, split.test, top_k=0).rank
