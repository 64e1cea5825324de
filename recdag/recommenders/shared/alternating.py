"""What EXMF and eALS have in common: users and items take turns, and the result is tensors by name."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, TypeVar

import numpy as np
import torch
from scipy.sparse import csr_array

from recdag.errors import DataError
from recdag.recommenders.base import Query, Recommender
from recdag.recommenders.eals import EALSConfig
from recdag.recommenders.exmf import EXMFConfig
from recdag.recommenders.shared.user_vectors import inner_products, user_vectors
from recdag.training.data import TrainingData
from recdag.training.loop import seed_everything, train
from recdag.training.options import FitOptions, History

S = TypeVar("S", EXMFConfig, EALSConfig)


class Alternating(Recommender[S]):
    """A factorization whose epoch is a sweep over users and one over items; scores by p.q.

    Whatever is learned is in `_fitted`: `users` (n, K), `items` (m, K), and one more value an item.
    """

    folds_in: ClassVar[bool] = True
    _fitted: dict[str, torch.Tensor]

    def fit(self, data: TrainingData, options: FitOptions) -> History:
        self.prepare(data, options)
        return train(
            self,
            epochs=self.config.epochs,
            options=options,
            patience=self.config.patience,
            least_epochs=self.config.least_epochs,
        )

    def prepare(self, data: TrainingData, options: FitOptions) -> None:
        """Put data and initial parameters in place.

        Raises:
            DataError: there is no interaction to learn from.
        """
        if data.positives.nnz == 0:
            raise DataError("no interactions to train on", cure="Check the filters of the data set")
        self.device = options.device
        self._by_user, self._by_item = data.positives, csr_array(data.positives.T)
        self.load_parameters(self._initial(data, seed_everything(options.seed, options.phase, 0)))

    @abstractmethod
    def _initial(self, data: TrainingData, rng: np.random.Generator) -> dict[str, torch.Tensor]:
        """`_fitted` before the first sweep, drawn from `rng` or torch's global generator."""

    @abstractmethod
    def train_epoch(self, rng: np.random.Generator, options: FitOptions) -> dict[str, float]:
        """A sweep over all users, then one over all items; the loss among the values returned."""

    @abstractmethod
    def _fold_in(self, history: csr_array) -> torch.Tensor:
        """(B, K) vectors of users given by their items, all items held fixed."""

    def score(self, query: Query, items: torch.Tensor | None = None) -> torch.Tensor:
        users = user_vectors(query, self._fitted["users"], self._fold_in)
        return inner_products(users, self._fitted["items"], items)

    def item_vectors(self) -> torch.Tensor:
        return self._fitted["items"]

    def training_state(self) -> dict[str, Any]:
        return self.parameters_state()

    def load_training_state(self, state: dict[str, Any]) -> None:
        self.load_parameters(state)

    def parameters_state(self) -> dict[str, torch.Tensor]:
        return dict(self._fitted)

    def load_parameters(self, state: dict[str, torch.Tensor]) -> None:
        self._fitted = {name: value.to(self.device) for name, value in state.items()}
