"""Implicit CF-NADE (Zheng, Liu, Tang, Zhou 2016): an autoregressive network for implicit feedback.

A user likes the items of the history and dislikes all others. A like has the confidence 1 + alpha r
with r the relative rating of section 5.1, a dislike has confidence 1. The network predicts items from
the likes and dislikes of any part of the others (see `network`).
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from scipy.sparse import csr_array

from recdag.errors import DataError
from recdag.recommenders.base import Query
from recdag.recommenders.cf_nade import ImplicitCFNADEConfig
from recdag.recommenders.cf_nade.network import CFNADENetwork, Likes, random_split, remaining_cost
from recdag.recommenders.shared.network_model import NetworkModel
from recdag.training.data import TrainingData
from recdag.training.loop import seed_everything
from recdag.training.options import FitOptions

_RATINGS = ("rated_cells", "ratings", "item_ratings")


class ImplicitCFNADE(NetworkModel[ImplicitCFNADEConfig]):
    """Scores the log-odds of equation 12: a like given all items of the user.

    Items of the history that a training user had in training have the relative ratings of training.
    All others, those of users who were not in training among them, have the item's mean relative
    rating: how strong a like is cannot be told from a history of ones.
    """

    folds_in: ClassVar[bool] = True
    network: CFNADENetwork
    _ratings: dict[str, torch.Tensor]

    def prepare(self, data: TrainingData, options: FitOptions) -> None:
        self.device = options.device
        relative = data.relative_rating.sorted_indices()
        if relative.nnz == 0:
            raise DataError("no interactions to train on", cure="Check the filters of the data set")
        self._ratings = {
            name: torch.as_tensor(values, device=self.device)
            for name, values in zip(_RATINGS, _rating_table(relative), strict=True)
        }
        likes = relative[np.flatnonzero(np.diff(relative.indptr))]
        likes.data = 1 + np.float32(self.config.alpha) * likes.data
        self._likes = likes
        seed_everything(options.seed, "init")
        network = CFNADENetwork(data.n_items, self.config.hidden, self.config.input == "normalised")
        network.initialise(
            self.config.like_std, self.config.dislike_std, self.config.output_std, _log_odds(likes)
        )
        self.network = network.to(self.device)
        self.optimizer = self._new_optimizer()

    def _new_optimizer(self) -> torch.optim.Optimizer:
        parameters = list(self.network.parameters())
        groups = [
            {"params": [p for p in parameters if p.ndim == 2], "weight_decay": self.config.weight_decay},
            {"params": [p for p in parameters if p.ndim == 1], "weight_decay": 0.0},
        ]
        rule = torch.optim.Adam if self.config.optimizer == "adam" else torch.optim.SGD
        return rule(groups, lr=self.config.learning_rate, fused=True)

    def train_epoch(self, rng: np.random.Generator, options: FitOptions) -> dict[str, float]:
        """One pass over the users with a fresh split each; the loss is the cost of equation 14."""
        n_users = self._likes.shape[0]
        order = rng.permutation(n_users)
        total = torch.zeros((), device=self.device)
        for start in range(0, n_users, self.config.batch_size):
            chosen = order[start : start + self.config.batch_size]
            total += self._train_batch(self._likes[chosen]) * (len(chosen) / n_users)
            options.heartbeat()
        return {"loss": float(total)}

    def _train_batch(self, confidence: csr_array) -> torch.Tensor:
        users, n_items = confidence.shape
        likes = Likes.from_matrix(confidence, self.device)
        seen = random_split(users if self.config.order == "per_user" else 1, n_items, self.device)
        loss = remaining_cost(self.network(likes, seen), likes, seen)
        if self.config.loss_scale == "mean":
            loss = loss / n_items
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    @torch.no_grad()
    def score(self, query: Query, items: torch.Tensor | None = None) -> torch.Tensor:
        outputs: torch.Tensor = self.network(Likes.from_matrix(self.confidence(query), self.device))
        return outputs if items is None else outputs.gather(1, items.to(self.device))

    def confidence(self, query: Query) -> csr_array:
        """(B, m) confidences of the items in the histories."""
        cells, ratings, item_ratings = (self._ratings[name] for name in _RATINGS)
        history, n_items = query.history, len(item_ratings)
        rows = np.repeat(query.users, np.diff(history.indptr))
        keys = torch.as_tensor(rows * n_items + history.indices, device=self.device)
        places = torch.searchsorted(cells, keys).clamp(max=len(cells) - 1)
        # Users who were not in training have negative keys, which no cell has.
        known = cells[places] == keys
        rating = torch.where(known, ratings[places], item_ratings[keys % n_items])
        confidence = (1 + self.config.alpha * rating).cpu().numpy()
        return csr_array((confidence, history.indices, history.indptr), shape=history.shape)

    def parameters_state(self) -> dict[str, torch.Tensor]:
        return {**super().parameters_state(), **self._ratings}

    def load_parameters(self, state: dict[str, torch.Tensor]) -> None:
        weights = {name: tensor for name, tensor in state.items() if name not in _RATINGS}
        self.network = CFNADENetwork.shaped_like(weights, self.config.input == "normalised").to(self.device)
        self.network.load_state_dict(weights)
        self._ratings = {name: state[name].to(self.device) for name in _RATINGS}


def _rating_table(relative: csr_array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What predicting needs of the (n, m) relative ratings of training, their columns sorted.

    Returns:
        (P,) int64 increasing positions u * m + i of the ratings; (P,) float32 ratings; (m,) float32
        mean rating of each item, that of all cells for an item that has none.
    """
    n_users, n_items = relative.shape
    rows = np.repeat(np.arange(n_users, dtype=np.int64), np.diff(relative.indptr))
    counts = np.bincount(relative.indices, minlength=n_items)
    sums = np.bincount(relative.indices, relative.data, minlength=n_items)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), relative.data.mean())
    return rows * n_items + relative.indices, relative.data, means.astype(np.float32)


def _log_odds(confidence: csr_array) -> np.ndarray:
    """(m,) log-odds of the confidence-weighted popularity: the best outputs that see no item."""
    n_users, n_items = confidence.shape
    liked = np.bincount(confidence.indices, confidence.data, minlength=n_items)
    disliked = n_users - np.bincount(confidence.indices, minlength=n_items)
    share = np.clip(liked / (liked + disliked), 1e-6, 1 - 1e-6)
    log_odds: np.ndarray = (np.log(share) - np.log1p(-share)).astype(np.float32)
    return log_odds
