"""SLIM: sparse linear methods (Ning and Karypis 2011)."""

from __future__ import annotations

import tempfile
import time
from itertools import count
from typing import ClassVar

import numpy as np
import torch
from scipy.sparse import csr_array

from recdag.recommenders.base import Query, Recommender
from recdag.recommenders.shared.sparse_linear import SparseRows
from recdag.recommenders.shared.sparse_ops import ItemGram, on_all_cores, score_candidates
from recdag.recommenders.slim import SLIMConfig
from recdag.training.data import TrainingData
from recdag.training.options import FitOptions, History, Progress

GRAM_BYTES = 8 << 30
BLOCK_BYTES = 16 << 20


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
        from recdag.recommenders.slim.loops import solve_columns

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
            solve_columns(
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
