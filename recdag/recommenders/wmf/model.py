"""Weighted matrix factorization by exact alternating least squares."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import torch
from scipy.sparse import csr_array

from recdag.errors import DataError
from recdag.recommenders.base import Query, Recommender
from recdag.recommenders.wmf import WMFConfig
from recdag.recommenders.wmf.least_squares import RowSolver
from recdag.training.data import TrainingData
from recdag.training.loop import seed_everything, train
from recdag.training.options import FitOptions, History

CANDIDATE_BLOCK_BYTES = 64 << 20


class WMF(Recommender[WMFConfig]):
    """Scores p_u . q_i from a weighted least squares fit of all cells, seen as 1 or 0.

    Two parameterisations, X+ being the positives, n and m the numbers of users and items:

        frequency_scaled (Rendle et al. 2022; nu = frequency_exponent)
            sum_X+ (1 - p.q)^2 + a0 sum_all (p.q)^2
            + l2 [s sum_u (|X_u| + a0 m)^nu |p_u|^2 + t sum_i (|X_i| + a0 n)^nu |q_i|^2]
        confidence (Hu, Koren, Volinsky 2008, eq. 3)
            sum_X+ (1 + alpha r)(1 - p.q)^2 + sum_rest (p.q)^2 + l2 [sum_u |p_u|^2 + sum_i |q_i|^2]

    In the first, a0 = unobserved_ratio |X+| / (n m): all cells together weigh so many times what the
    positives do, however sparse the data are. s and t, 1 for nu = 1, keep the sum of either side's
    penalties the same for every nu. So the same values of
    unobserved_ratio and l2 suit data of any size and density.

    An epoch solves for all users exactly, then for all items. A user who was not in training is
    solved for from the history, with r = 1, the item vectors as they are.
    """

    folds_in: ClassVar[bool] = True
    _users: torch.Tensor
    _items: torch.Tensor
    _scaling: torch.Tensor
    _solvers: tuple[RowSolver, RowSolver]
    _positives: int
    _observed: float

    def fit(self, data: TrainingData, options: FitOptions) -> History:
        if data.positives.nnz == 0:
            raise DataError("no interactions to train on", cure="Check the filters of the data set")
        config = self.config
        self.device = options.device
        extra = self._extra_weights(data)
        by_item = csr_array(extra.T)
        cell_weight = self._cell_weight(data)
        user_scale, item_scale = (self._penalty_scale(side, cell_weight) for side in (extra, by_item))
        self._scaling = torch.tensor([cell_weight, user_scale], dtype=torch.float64)
        self._solvers = (
            self._solver(extra, cell_weight, user_scale),
            self._solver(by_item, cell_weight, item_scale),
        )
        self._positives = extra.nnz
        on_top = config.weighting == "frequency_scaled"
        self._observed = float(extra.sum(dtype=np.float64)) + (0 if on_top else extra.nnz)
        seed_everything(options.seed, options.phase, 0)
        spread = 0.1 / config.factors**0.5
        self._items = (torch.randn(data.n_items, config.factors) * spread).to(self.device)
        self._users = torch.zeros(data.n_users, config.factors, device=self.device)
        history = train(
            self,
            epochs=config.epochs,
            options=options,
            patience=config.patience,
            least_epochs=config.least_epochs,
        )
        del self._solvers
        return history

    def _extra_weights(self, data: TrainingData) -> csr_array:
        """Weight of each positive beyond that of an unobserved cell."""
        if self.config.weighting == "frequency_scaled":
            return data.positives
        match self.config.strength:
            case "one":
                strength = data.positives
            case "count":
                strength = data.strength
            case "log_count":
                strength = data.strength.log1p()
            case "relative_rating":
                strength = data.relative_rating
        return strength * np.float32(self.config.alpha)

    def _cell_weight(self, data: TrainingData) -> float:
        """Weight of every cell, to which a positive adds its own."""
        if self.config.weighting == "confidence":
            return 1.0
        return self.config.unobserved_ratio * data.positives.nnz / (data.n_users * data.n_items)

    def _row_weights(self, extra: csr_array, cell_weight: float) -> np.ndarray:
        """(n,) what the cells of each row weigh together, to the power of `frequency_exponent`."""
        weights = np.diff(extra.indptr) + cell_weight * extra.shape[1]
        return weights**self.config.frequency_exponent

    def _penalty_scale(self, extra: csr_array, cell_weight: float) -> float:
        """The factor s of the rows of `extra`."""
        total = extra.nnz + cell_weight * extra.shape[0] * extra.shape[1]
        return float(total / self._row_weights(extra, cell_weight).sum())

    def _solver(self, extra: csr_array, cell_weight: float, scale: float) -> RowSolver:
        """A solver for the rows of a (users, items) or an (items, users) matrix."""
        config = self.config
        scaled = config.weighting == "frequency_scaled"
        penalty = scale * self._row_weights(extra, cell_weight) if scaled else np.ones(extra.shape[0])
        return RowSolver(
            extra,
            config.l2 * penalty,
            cell_weight=cell_weight,
            on_top=scaled,
            factors=config.factors,
            device=self.device,
        )

    def train_epoch(self, rng: np.random.Generator, options: FitOptions) -> dict[str, float]:
        """One sweep over users and items; the loss is the objective per positive."""
        by_user, by_item = self._solvers
        self._users, _ = by_user.solve(self._items, options.heartbeat)
        self._items, minimum = by_item.solve(self._users, options.heartbeat)
        return {"loss": (self._observed + minimum + by_user.penalty(self._users)) / self._positives}

    def score(self, query: Query, items: torch.Tensor | None = None) -> torch.Tensor:
        users = self._user_vectors(query)
        if items is None:
            return users @ self._items.T
        step = max(1, CANDIDATE_BLOCK_BYTES // (4 * items.shape[1] * users.shape[1]))
        scores = torch.empty(items.shape, device=self.device)
        for start in range(0, len(items), step):
            block = slice(start, start + step)
            scores[block] = (self._items[items[block]] @ users[block].unsqueeze(2)).squeeze(2)
        return scores

    def _user_vectors(self, query: Query) -> torch.Tensor:
        """(B, K): those learned of training users, one exact user step for the others."""
        users = torch.as_tensor(query.users, device=self.device)
        vectors = self._users[users.clamp(min=0)]
        new = np.flatnonzero(query.users < 0)
        if len(new):
            history = query.history[new]
            if self.config.weighting == "confidence":
                history = history * np.float32(self.config.alpha)
            solved, _ = self._solver(history, *self._scaling.tolist()).solve(self._items, lambda: None)
            vectors[torch.from_numpy(new).to(self.device)] = solved
        return vectors

    def item_vectors(self) -> torch.Tensor:
        return self._items

    def training_state(self) -> dict[str, Any]:
        return self.parameters_state()

    def load_training_state(self, state: dict[str, Any]) -> None:
        self.load_parameters(state)

    def parameters_state(self) -> dict[str, torch.Tensor]:
        return {"users": self._users, "items": self._items, "scaling": self._scaling}

    def load_parameters(self, state: dict[str, torch.Tensor]) -> None:
        self._users = state["users"].to(self.device)
        self._items = state["items"].to(self.device)
        self._scaling = state["scaling"].cpu()
