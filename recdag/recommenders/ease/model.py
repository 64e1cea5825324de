"""EASE^R: a shallow autoencoder in closed form (Steck 2019)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Protocol, Self

import numpy as np
import torch
from scipy.sparse import csr_array

from recdag.errors import TrainingError
from recdag.recommenders.base import Query, Recommender
from recdag.recommenders.ease import EASEConfig
from recdag.recommenders.shared.sparse_linear import SparseRows
from recdag.recommenders.shared.sparse_ops import ItemGram, score_candidates
from recdag.training.data import TrainingData
from recdag.training.options import FitOptions, History

BLOCK_BYTES = 64 << 20


class _Solution(Protocol):
    """B, in whichever form."""

    def times(self, history: csr_array) -> torch.Tensor: ...

    def state(self) -> dict[str, torch.Tensor]: ...


class EASE(Recommender[EASEConfig]):
    """Scores X_u B, where B minimises |X - X B|^2 + l2 |B|^2 under diag(B) = 0 (Steck 2019, eq. 1-3).

    With P = (X^T X + l2 I)^-1 the solution is B_ij = -P_ij / P_jj off the diagonal (eq. 8), that is
    B = I - P diag(P)^-1. The smaller of the two sides, users and items, is inverted: memory and time
    are those of a float32 matrix of that size.
    """

    folds_in: ClassVar[bool] = True
    _solution: _Solution

    def fit(self, data: TrainingData, options: FitOptions) -> History:
        self.device = options.device
        form = ByUsers if data.n_users < data.n_items else ByItems
        self._solution = form.solve(data.positives, self.config.l2, options)
        return History()

    def score(self, query: Query, items: torch.Tensor | None = None) -> torch.Tensor:
        if items is None:
            return self._solution.times(query.history)
        return score_candidates(self._solution.times, query.history, items)

    def parameters_state(self) -> dict[str, torch.Tensor]:
        return self._solution.state()

    def load_parameters(self, state: dict[str, torch.Tensor]) -> None:
        form = ByItems if "weights" in state else ByUsers
        self._solution = form(**{name: value.to(self.device) for name, value in state.items()})


@dataclass(frozen=True)
class ByItems:
    """B itself: (m, m)."""

    weights: torch.Tensor

    @classmethod
    def solve(cls, positives: csr_array, l2: float, options: FitOptions) -> Self:
        gram = ItemGram(positives).rows(0, positives.shape[1]).to(options.device)
        factor = _cholesky(gram, l2, options)
        del gram
        # The inverse is symmetric and comes column by column; its transpose has its rows in one piece.
        weights = torch.cholesky_inverse(factor).T.contiguous()
        del factor
        weights /= -weights.diagonal().clone()
        weights.fill_diagonal_(0)
        return cls(weights)

    def times(self, history: csr_array) -> torch.Tensor:
        return SparseRows.from_matrix(history, self.weights.device).times(self.weights)

    def state(self) -> dict[str, torch.Tensor]:
        return {"weights": self.weights}


@dataclass(frozen=True)
class ByUsers:
    """B through the training users, for fewer users than items.

    By the matrix inversion lemma l2 P = I - X^T D with D = (X X^T + l2 I)^-1 X. With the diagonal
    d = 1 - diag(X^T D) of l2 P, a history x gets x B = (x X^T) D diag(d)^-1 + x (1 - 1 / d).

    Attributes:
        offsets, items: X, row by row; its values are 1.
        dual: (n, m) D diag(d)^-1.
        own: (m,) 1 - 1 / d.
    """

    offsets: torch.Tensor
    items: torch.Tensor
    dual: torch.Tensor
    own: torch.Tensor

    @classmethod
    def solve(cls, positives: csr_array, l2: float, options: FitOptions) -> Self:
        device, (users, items) = options.device, positives.shape
        factor = _cholesky(torch.from_numpy((positives @ positives.T).toarray()).to(device), l2, options)
        dual, kept = torch.empty((users, items), device=device), torch.empty(items, device=device)
        step, by_item = max(1, BLOCK_BYTES // (4 * users)), positives.tocsc()
        for first in range(0, items, step):
            some = slice(first, min(first + step, items))
            chosen = torch.from_numpy(by_item[:, some].toarray()).to(device)
            dual[:, some] = torch.cholesky_solve(chosen, factor)
            kept[some] = 1 - (chosen * dual[:, some]).sum(0)
            options.heartbeat()
        offsets, columns = (
            torch.from_numpy(part.astype(np.int32)).to(device)
            for part in (positives.indptr, positives.indices)
        )
        return cls(offsets, columns, dual.div_(kept), 1 - 1 / kept)

    def times(self, history: csr_array) -> torch.Tensor:
        device = self.dual.device
        common = torch.from_numpy((history @ self._by_item).toarray()).to(device)
        return (common @ self.dual).addcmul_(torch.from_numpy(history.toarray()).to(device), self.own)

    @cached_property
    def _by_item(self) -> csr_array:
        """X^T: (m, n)."""
        users, items = self.dual.shape
        cells = np.ones(len(self.items), np.float32), self.items.cpu().numpy(), self.offsets.cpu().numpy()
        return csr_array(csr_array(cells, shape=(users, items)).T)

    def state(self) -> dict[str, torch.Tensor]:
        return {"offsets": self.offsets, "items": self.items, "dual": self.dual, "own": self.own}


def _cholesky(gram: torch.Tensor, l2: float, options: FitOptions) -> torch.Tensor:
    """The lower factor of gram + l2 I, whose diagonal it changes."""
    gram.diagonal().add_(l2)
    options.heartbeat()
    factor: torch.Tensor
    factor, failed = torch.linalg.cholesky_ex(gram)
    if failed:
        raise TrainingError(
            f"the matrix to be inverted is not positive definite in float32 at l2={l2}", cure="Raise l2"
        )
    options.heartbeat()
    return factor
