"""SLIM: sparse linear methods (Ning and Karypis 2011)."""

from __future__ import annotations

import tempfile
import time
from itertools import count
from typing import ClassVar

import numpy as np
import torch
from numba import njit
from scipy.sparse import csr_array

from recdag.recommenders.base import Query, Recommender
from recdag.recommenders.shared.sparse_linear import SparseRows
from recdag.recommenders.shared.sparse_ops import ItemGram, on_all_cores, score_candidates
from recdag.recommenders.slim import SLIMConfig
from recdag.training.data import TrainingData
from recdag.training.options import FitOptions, History, Progress

GRAM_BYTES = 8 << 30
BLOCK_BYTES = 16 << 20
ENTERING = 32


class SLIM(Recommender[SLIMConfig]):
    """Scores X_u W, where each column w of W minimises, with w >= 0 and w_j = 0 (their equation 4),

        1/2 |X_j - X w|^2 + l2/2 |w|^2 + l1 |w|_1

    Solved by coordinate descent on G = X^T X:

        w_i <- max(0, G_ij - sum_{k != i} G_ik w_k - l1) / (G_ii + l2)

    As G and w have no negative entries, an item with G_ij <= l1 has weight 0 in the solution and is
    left out beforehand. The others enter a working set when their step would change them; a column is
    done when no step, in the set or out of it, changes a weight by more than `tolerance`. Where the
    items of the set have fewer users than the set has pairs, as with many rare items under a small l1,
    the same steps are taken on the residual X_j - X w instead of on G.

    G takes an (m, m) float32 matrix: in memory up to GRAM_BYTES, in a temporary file beyond. Columns
    are independent of one another and are spread over as many threads as torch uses.
    """

    folds_in: ClassVar[bool] = True
    _by_target: SparseRows

    def fit(self, data: TrainingData, options: FitOptions) -> History:
        self.device = options.device
        m = data.n_items
        gram = _whole_gram(data.positives, options)
        by_item = data.positives.tocsc()
        scale = gram.diagonal().astype(np.float64) + self.config.l2
        size = max(1, min(m // (32 * torch.get_num_threads()), BLOCK_BYTES // (4 * m)))
        penalties = scale, self.config.l1, self.config.l2
        limits = self.config.tolerance, self.config.max_iterations
        solved: dict[int, csr_array] = {}

        def solve(first: int) -> None:
            weights = np.zeros((min(size, m - first), m), dtype=np.float32)
            _solve_columns(
                first, gram, *penalties, *limits, by_item.indptr, by_item.indices, data.n_users, weights
            )
            solved[first] = csr_array(weights)

        started, chunks, parts = time.perf_counter(), count(1), range(0, m, size)

        def after_chunk() -> None:
            seconds = time.perf_counter() - started
            options.on_progress(Progress(options.phase, next(chunks), len(parts), {}, seconds))
            options.heartbeat()

        on_all_cores(solve, parts, after_chunk)
        rows = [solved[first] for first in parts]
        lengths = np.concatenate([np.diff(each.indptr) for each in rows])
        self._by_target = SparseRows(
            torch.from_numpy(np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)).to(self.device),
            torch.from_numpy(np.concatenate([each.indices for each in rows]).astype(np.int32)).to(
                self.device
            ),
            torch.from_numpy(np.concatenate([each.data for each in rows])).to(self.device),
        )
        return History()

    def score(self, query: Query, items: torch.Tensor | None = None) -> torch.Tensor:
        if items is None:
            return self._score_all(query.history)
        return score_candidates(self._score_all, query.history, items)

    def _score_all(self, history: csr_array) -> torch.Tensor:
        chosen = torch.from_numpy(history.T.toarray(order="C")).to(self.device)
        return self._by_target.times(chosen).T.contiguous()

    def parameters_state(self) -> dict[str, torch.Tensor]:
        """W by target: the sources and weights of item j are cells offsets[j] to offsets[j + 1]."""
        by_target = self._by_target
        return {"offsets": by_target.offsets, "sources": by_target.columns, "weights": by_target.values}

    def load_parameters(self, state: dict[str, torch.Tensor]) -> None:
        names = ("offsets", "sources", "weights")
        self._by_target = SparseRows(*(state[name].to(self.device) for name in names))


def _whole_gram(positives: csr_array, options: FitOptions) -> np.ndarray:
    """X^T X: (m, m) float32, in a temporary file where it is larger than GRAM_BYTES."""
    m = positives.shape[1]
    if 4 * m * m <= GRAM_BYTES:
        gram = np.empty((m, m), dtype=np.float32)
    else:
        with tempfile.TemporaryFile() as file:
            gram = np.asarray(np.memmap(file, dtype=np.float32, shape=(m, m)))
    source = ItemGram(positives)
    step = max(1, BLOCK_BYTES // (4 * m))
    for start in range(0, m, step):
        stop = min(start + step, m)
        gram[start:stop] = source.rows(start, stop).numpy()
        options.heartbeat()
    return gram


@njit(nogil=True, cache=True)
def _solve_columns(first, gram, scale, l1, l2, tolerance, max_iterations, starts, users, n_users, out):
    """Columns first, first + 1, ... of W as the rows of `out`.

    Args:
        gram: (m, m) float32 G.
        scale: (m,) float64 G_ii + l2.
        max_iterations: sweeps over the working set, for each column.
        starts, users: (m + 1,) and (P,), the users of item i from starts[i] to starts[i + 1].
        n_users: n.
    """
    residual = np.empty(n_users)
    for row in range(len(out)):
        out[row] = _solve_column(
            first + row, gram, scale, l1, l2, tolerance, max_iterations, starts, users, residual
        )


@njit(nogil=True, cache=True)
def _solve_column(target, gram, scale, l1, l2, tolerance, max_iterations, starts, users, residual):
    candidates = np.flatnonzero(gram[target] > l1)
    candidates = candidates[candidates != target]
    weights = np.zeros(len(gram))
    slopes = gram[target].astype(np.float64)
    steps = np.zeros(len(candidates))
    lengths = starts[1:] - starts[:-1]
    while max_iterations > 0:
        for c, i in enumerate(candidates):
            aim = weights[i] + (slopes[i] - l2 * weights[i] - l1) / scale[i]
            steps[c] = max(aim, 0.0) - weights[i]
        if len(steps) == 0 or np.abs(steps).max() <= tolerance:
            break
        kept = weights[candidates] > 0.0
        entering = np.flatnonzero(~kept & (steps > tolerance))
        limit = max(ENTERING, kept.sum())
        if len(entering) > limit:
            gains = steps[entering] ** 2 * scale[candidates[entering]]
            entering = entering[np.argsort(-gains)[:limit]]
        kept[entering] = True
        working = candidates[kept]
        if 2 * lengths[working].sum() < len(working) ** 2:
            residual[:] = 0.0
            residual[users[starts[target] : starts[target + 1]]] = 1.0
            for i in working:
                residual[users[starts[i] : starts[i + 1]]] -= weights[i]
            max_iterations = _sweep_users(
                working, weights, residual, starts, users, scale, l1, l2, tolerance / 2, max_iterations
            )
            for i in candidates:
                slopes[i] = _sum_at(residual, users[starts[i] : starts[i + 1]])
        else:
            max_iterations = _sweep_pairs(
                working, weights, slopes, gram, scale, l1, l2, tolerance / 2, max_iterations
            )
            slopes[:] = gram[target]
            for i in working:
                if weights[i] > 0.0:
                    slopes -= weights[i] * gram[i]
    return weights


@njit(nogil=True, cache=True)
def _sweep_pairs(working, weights, slopes, gram, scale, l1, l2, tolerance, max_iterations):
    """Coordinate descent on the items `working`, by G; returns how many sweeps are left.

    Args:
        weights: (m,) float64, those of `working` are updated.
        slopes: (m,) float64 G_j - G w at the start.
    """
    size = len(working)
    among = np.empty((size, size), dtype=np.float32)
    for p in range(size):
        row = gram[working[p]]
        for q in range(size):
            among[p, q] = row[working[q]]
    slope, values, divisors = slopes[working], weights[working], scale[working]
    largest = np.inf
    while max_iterations > 0 and largest > tolerance:
        largest = 0.0
        for p in range(size):
            value = max(0.0, values[p] + (slope[p] - l2 * values[p] - l1) / divisors[p])
            change = value - values[p]
            if change != 0.0:
                values[p] = value
                slope -= change * among[p]
                largest = max(largest, abs(change))
        max_iterations -= 1
    weights[working] = values
    return max_iterations


@njit(nogil=True, cache=True)
def _sweep_users(working, weights, residual, starts, users, scale, l1, l2, tolerance, max_iterations):
    """`_sweep_pairs` by the (n,) residual X_j - X w of the users, which is kept up to date."""
    largest = np.inf
    while max_iterations > 0 and largest > tolerance:
        largest = 0.0
        for i in working:
            of_item = users[starts[i] : starts[i + 1]]
            slope = _sum_at(residual, of_item)
            value = max(0.0, weights[i] + (slope - l2 * weights[i] - l1) / scale[i])
            change = value - weights[i]
            if change != 0.0:
                weights[i] = value
                for user in of_item:
                    residual[user] -= change
                largest = max(largest, abs(change))
        max_iterations -= 1
    return max_iterations


@njit(nogil=True, cache=True)
def _sum_at(values, positions):
    total = 0.0
    for position in positions:
        total += values[position]
    return total
