"""EASE^R: a shallow autoencoder in closed form (Steck 2019)."""

from __future__ import annotations

from typing import ClassVar

import torch
from scipy.sparse import csr_array

from recdag.errors import TrainingError
from recdag.recommenders.base import Query, Recommender
from recdag.recommenders.configs.item_based import EASEConfig
from recdag.recommenders.sparse_linear import SparseRows
from recdag.recommenders.sparse_ops import ItemGram, score_candidates
from recdag.training.data import TrainingData
from recdag.training.options import FitOptions, History


class EASE(Recommender[EASEConfig]):
    """Scores X_u B, where B minimises |X - X B|^2 + l2 |B|^2 under diag(B) = 0 (Steck 2019, eq. 1-3).

    With P = (X^T X + l2 I)^-1 the solution is B_ij = -P_ij / P_jj off the diagonal (eq. 8). Memory
    and time are those of inverting an (m, m) float32 matrix.
    """

    folds_in: ClassVar[bool] = True
    _weights: torch.Tensor

    def fit(self, data: TrainingData, options: FitOptions) -> History:
        self.device = options.device
        gram = ItemGram(data.positives).rows(0, data.n_items).to(self.device)
        gram.diagonal().add_(self.config.l2)
        options.heartbeat()
        factor, failed = torch.linalg.cholesky_ex(gram)
        del gram
        if failed:
            raise TrainingError(
                f"the item-item matrix is not positive definite in float32 at l2={self.config.l2}",
                cure="Raise l2",
            )
        options.heartbeat()
        # The inverse is symmetric and comes column by column; its transpose has its rows in one piece.
        weights = torch.cholesky_inverse(factor).T.contiguous()
        del factor
        weights /= -weights.diagonal().clone()
        weights.fill_diagonal_(0)
        self._weights = weights
        return History()

    def score(self, query: Query, items: torch.Tensor | None = None) -> torch.Tensor:
        if items is None:
            return self._score_all(query.history)
        return score_candidates(self._score_all, query.history, items)

    def _score_all(self, history: csr_array) -> torch.Tensor:
        return SparseRows.of(history, self.device).times(self._weights)

    def parameters_state(self) -> dict[str, torch.Tensor]:
        return {"weights": self._weights}

    def load_parameters(self, state: dict[str, torch.Tensor]) -> None:
        self._weights = state["weights"].to(self.device)
