"""Element-wise alternating least squares (He et al., SIGIR 2016).

    sum over positives (1 - p_u.q_i)^2 + sum over other cells c_i (p_u.q_i)^2 + lambda (|P|^2 + |Q|^2)

with c_i = c0 f_i^a / sum_j f_j^a and f_i the item's number of users. Both constants are relative to the
|X+| positives of n users and m items, so that the same values suit data of any size and density:

    c0 = unobserved_ratio |X+| / n                    all cells weigh so many times what the positives do
    lambda = l2 (1 + unobserved_ratio) |X+| / sqrt(n m)      l2 times what a user's or item's cells weigh

One coordinate of one vector is
solved at a time. While all users are swept the items are fixed, so that sum_i c_i q_i q_i^T is
computed once, and rows do not depend on each other: the sweep is exact in any order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import torch
from scipy.sparse import csr_array

from recdag.recommenders.eals import EALSConfig
from recdag.recommenders.shared.alternating import Alternating
from recdag.training.data import TrainingData
from recdag.training.options import FitOptions


class EALS(Alternating[EALSConfig]):
    """Matrix factorization with popularity-aware weights of unobserved cells.

    Sweeps run on the processor whatever the device; scoring runs on the device.
    """

    def _initial(self, data: TrainingData, rng: np.random.Generator) -> dict[str, torch.Tensor]:
        config = self.config
        users, items = (
            rng.normal(0, config.initial_std, (size, config.factors)).astype(np.float32)
            for size in (data.n_users, data.n_items)
        )
        weights = unobserved_weights(np.diff(self._by_item.indptr), data.n_users, config)
        return _tensors(users, items, weights, penalty(data.positives, config))

    def train_epoch(self, rng: np.random.Generator, options: FitOptions) -> dict[str, float]:
        """A sweep over all users, then one over all items; the loss is the objective after both."""
        users, items, weights = (array.copy() for array in self._arrays())
        l2 = self._fitted["l2"].item()
        ones = np.ones(len(users), np.float32)
        sweep(self._by_user, users, Fixed(items, weights), ones, l2)
        options.heartbeat()
        positives_loss = sweep(self._by_item, items, Fixed(users, ones), weights, l2)
        self.load_parameters(_tensors(users, items, weights, l2))
        grams = np.sum((users.T @ users) * ((items.T * weights) @ items))
        squares = np.sum(users**2) + np.sum(items**2)
        return {"loss": float(positives_loss + grams + l2 * squares)}

    def _arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Users, items and the weights of unobserved cells, on the processor."""
        users, items, weights = (
            self._fitted[name].cpu().numpy() for name in ("users", "items", "unobserved_weights")
        )
        return users, items, weights

    def _fold_in(self, history: csr_array) -> torch.Tensor:
        """(B, K) vectors of users given by their items, from zero by coordinate sweeps."""
        _, items, weights = self._arrays()
        users = np.zeros((history.shape[0], items.shape[1]), np.float32)
        fixed = Fixed(items, weights)
        for _ in range(self.config.fold_in_sweeps):
            sweep(history, users, fixed, np.ones(len(users), np.float32), self._fitted["l2"].item())
        return torch.from_numpy(users).to(self.device)


def _tensors(users: np.ndarray, items: np.ndarray, weights: np.ndarray, l2: float) -> dict[str, torch.Tensor]:
    arrays = {"users": users, "items": items, "unobserved_weights": weights}
    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
    return {**tensors, "l2": torch.tensor(l2, dtype=torch.float64)}


def unobserved_weights(popularity: np.ndarray, n_users: int, config: EALSConfig) -> np.ndarray:
    """(m,) float32 weights c_i of the items' unobserved cells (equation 8).

    Args:
        popularity: (m,) users of each item.
        n_users: n.
        config: the ratio and the exponent.
    """
    shares = popularity.astype(np.float64) ** config.popularity_exponent
    total = config.unobserved_ratio * popularity.sum() / n_users
    weights: np.ndarray = (total * shares / shares.sum()).astype(np.float32)
    return weights


def penalty(positives: csr_array, config: EALSConfig) -> float:
    """lambda for the (n, m) positives of a training."""
    n, m = positives.shape
    return float(config.l2 * (1 + config.unobserved_ratio) * positives.nnz / (n * m) ** 0.5)


@dataclass(frozen=True)
class Fixed:
    """The side that a sweep leaves as it is.

    Attributes:
        vectors: (C, K).
        weights: (C,) a cell weighs its row's weight times its column's where it is unobserved.
    """

    vectors: np.ndarray
    weights: np.ndarray


def sweep(
    positives: csr_array, vectors: np.ndarray, fixed: Fixed, row_weights: np.ndarray, l2: float
) -> float:
    """Solve each coordinate of each row in turn (equations 12 and 13), in place.

    O(R K^2 + |X+| K). Rows without positives become zero, which is their minimum.

    Args:
        positives: (R, C) training matrix by the rows that are swept.
        vectors: (R, K), overwritten.
        fixed: the other side.
        row_weights: (R,) see `Fixed`.
        l2: lambda.

    Returns:
        What the positives add to the objective afterwards, over sum_rc w_rc a_rc^2 of all cells.
    """
    gram = (fixed.vectors.T * fixed.weights) @ fixed.vectors
    return _sweep(
        positives.indptr.astype(np.int64),
        positives.indices.astype(np.int32),
        vectors,
        row_weights,
        fixed.vectors,
        fixed.weights,
        gram,
        vectors.dtype.type(l2),
        int(np.diff(positives.indptr).max(initial=0)),
    )


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _sweep(
    indptr: Any,
    columns: Any,
    vectors: Any,
    row_weights: Any,
    others: Any,
    column_weights: Any,
    gram: Any,
    l2: Any,
    longest: int,
) -> float:
    n_factors = vectors.shape[1]
    one, zero = vectors.dtype.type(1), vectors.dtype.type(0)
    features = np.empty((n_factors, longest), vectors.dtype)
    predicted = np.empty(longest, vectors.dtype)
    excess = np.empty(longest, vectors.dtype)
    loss = 0.0
    for row in range(len(indptr) - 1):
        start, length = indptr[row], indptr[row + 1] - indptr[row]
        vector, row_weight = vectors[row], row_weights[row]
        if length == 0:
            vector[:] = 0
            continue
        for t in range(length):
            column = columns[start + t]
            excess[t] = one - row_weight * column_weights[column]
            total = zero
            for k in range(n_factors):
                features[k, t] = others[column, k]
                total += vector[k] * others[column, k]
            predicted[t] = total
        for f in range(n_factors):
            old, feature = vector[f], features[f]
            numerator, denominator = zero, zero
            for t in range(length):
                x = feature[t]
                numerator += (one - excess[t] * (predicted[t] - old * x)) * x
                denominator += excess[t] * x * x
            unobserved = zero
            for k in range(n_factors):
                unobserved += vector[k] * gram[k, f]
            numerator -= row_weight * (unobserved - old * gram[f, f])
            new = numerator / (denominator + row_weight * gram[f, f] + l2)
            for t in range(length):
                predicted[t] += (new - old) * feature[t]
            vector[f] = new
        for t in range(length):
            error = one - predicted[t]
            loss += error * error - (one - excess[t]) * predicted[t] * predicted[t]
    return loss
