"""Whether a user met the item in another behaviour: what any model of several behaviours has to beat."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch

from recdag.recommenders.base import Query, Recommender
from recdag.recommenders.multi_feedback import MetConfig
from recdag.recommenders.multi_feedback.feedback import cells_of, look_up
from recdag.recommenders.shared.known_users import known_users
from recdag.training.data import TrainingData
from recdag.training.options import FitOptions, History


class Met(Recommender[MetConfig]):
    """Ranks the items that a user met in supportive behaviours above all others.

    Items that she met stand in the order of, one after the other where the former are equal,

        1. the strongest behaviour in which she met them. A behaviour is the stronger the larger the share
           of its (user, item) pairs that are positives of the training data
        2. how often she met them, all supportive behaviours together
        3. when she met them last, where the data have times
        4. the number of training users who chose them

    Items that she never met follow in the order of 4. Nothing else is learned. The score of an item that
    she met is its place in this order from below, 1 for the last one and equal for equal ones; that of
    another is its number of users divided by one more than the largest number.
    """

    folds_in: ClassVar[bool] = False
    _popularity: torch.Tensor
    _keys: torch.Tensor
    _places: torch.Tensor

    def fit(self, data: TrainingData, options: FitOptions) -> History:
        counts = data.positives.sum(axis=0)
        keys, strongest, times_met = _met(data)
        users, items = np.divmod(keys, data.n_items)
        places = _places(users, strongest, times_met, _latest(data, keys), counts[items])
        popularity = counts / (1 + counts.max(initial=0))
        self.device = options.device
        self.load_parameters(
            {
                "popularity": torch.from_numpy(popularity.astype(np.float32)),
                "keys": torch.from_numpy(keys),
                "places": torch.from_numpy(places),
            }
        )
        return History()

    def score(self, query: Query, items: torch.Tensor | None = None) -> torch.Tensor:
        users, n_items = known_users(query, self.device), len(self._popularity)
        if items is not None:
            places = look_up(self._keys, self._places, users[:, None] * n_items + items)
            return torch.where(places > 0, places, self._popularity[items])
        scores = self._popularity.repeat(len(users), 1)
        rows, cells = cells_of(self._keys, users, n_items)
        scores[rows, self._keys[cells] % n_items] = self._places[cells]
        return scores

    def parameters_state(self) -> dict[str, torch.Tensor]:
        return {"popularity": self._popularity, "keys": self._keys, "places": self._places}

    def load_parameters(self, state: dict[str, torch.Tensor]) -> None:
        self._popularity, self._keys, self._places = (
            state[name].to(self.device) for name in ("popularity", "keys", "places")
        )


def behaviours_by_strength(data: TrainingData) -> list[str]:
    """The supportive behaviours, the weakest first; equal ones in the order of the data set."""
    return sorted(data.supportive, key=lambda name: _share_chosen(data, name))


def _share_chosen(data: TrainingData, behaviour: str) -> float:
    met = data.supportive[behaviour]
    return float(met.multiply(data.positives).count_nonzero() / max(met.nnz, 1))


def _met(data: TrainingData) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The K pairs that users met in any supportive behaviour.

    Returns:
        (K,) int64 sorted user * m + item; (K,) place of the strongest behaviour; (K,) number of meetings.
    """
    keys, strength, number = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0)]
    for place, name in enumerate(behaviours_by_strength(data)):
        cells = data.supportive[name].tocoo()
        keys.append(cells.row.astype(np.int64) * data.n_items + cells.col)
        strength.append(np.full(cells.nnz, place))
        number.append(cells.data)
    distinct, pair = np.unique(np.concatenate(keys), return_inverse=True)
    strongest = np.zeros(len(distinct), np.int64)
    np.maximum.at(strongest, pair, np.concatenate(strength))
    return distinct, strongest, np.bincount(pair, np.concatenate(number), len(distinct))


def _latest(data: TrainingData, keys: np.ndarray) -> np.ndarray:
    """(K,) when each pair was met last, 0 for all where the data have no times."""
    latest = np.zeros(len(keys), np.float32)
    if data.met_at is not None:
        cells = data.met_at.tocoo()
        latest[np.searchsorted(keys, cells.row.astype(np.int64) * data.n_items + cells.col)] = cells.data
    return latest


def _places(users: np.ndarray, *criteria: np.ndarray) -> np.ndarray:
    """(K,) float32 place of each pair among those of its user from 1, by the first criterion first.

    Args:
        users: (K,) ascending.
        criteria: (K,) values, the larger the higher the place; equal pairs share a place.
    """
    if not len(users):
        return np.empty(0, np.float32)
    order = np.lexsort((*criteria[::-1], users))
    begins = np.append(True, np.diff(users) > 0)
    higher = begins | np.append(True, np.any([np.diff(each[order]) != 0 for each in criteria], axis=0))
    steps = np.cumsum(higher)
    places = np.empty(len(users), np.float32)
    places[order] = steps - np.maximum.accumulate(np.where(begins, steps - 1, 0))
    return places
