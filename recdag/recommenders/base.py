"""The contract that every recommender keeps, so that one evaluator serves all protocols."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

import numpy as np
import torch
from scipy.sparse import csr_array

from recdag.recommenders.config import Config
from recdag.training.data import TrainingData
from recdag.training.options import FitOptions, History

C = TypeVar("C", bound=Config)


@dataclass(frozen=True)
class Query:
    """Users to score items for.

    Attributes:
        users: (B,) int64 rows of the training data; -1 for a user who was not in training.
        history: (B, m) items known of each user at prediction time. For a training user this is
            the training row.
    """

    users: np.ndarray
    history: csr_array

    def __len__(self) -> int:
        return len(self.users)

    def __getitem__(self, rows: slice | np.ndarray | Sequence[int]) -> Query:
        return Query(self.users[rows], self.history[rows])


class Recommender(ABC, Generic[C]):
    """A model with its configuration; parameters appear with `fit` or `load_parameters`.

    Class attributes:
        folds_in: scores users who were not in training, from their history.
        scores_all_items: scores all items of a user about as cheaply as a few (a matrix product);
            False for models that run a network per pair.
    """

    folds_in: ClassVar[bool]
    scores_all_items: ClassVar[bool] = True

    def __init__(self, config: C, device: torch.device | None = None) -> None:
        self.config = config
        self.device = device or torch.device("cpu")

    @abstractmethod
    def fit(self, data: TrainingData, options: FitOptions) -> History:
        """Learn from `data`; leaves the parameters chosen on validation where there is any."""

    @abstractmethod
    def score(self, query: Query, items: torch.Tensor | None = None) -> torch.Tensor:
        """Scores, larger is better; items already seen are not masked here.

        Args:
            query: B users.
            items: (B, C) int64 items to score for each user; None scores all m items.

        Returns:
            (B, m) or (B, C) float32 on `self.device`.
        """

    def item_vectors(self) -> torch.Tensor | None:
        """(m, K) vectors in which near items are alike; None for a model that has none, such as one
        whose weights join items with items."""
        return None

    @abstractmethod
    def parameters_state(self) -> dict[str, torch.Tensor]:
        """All that `score` needs, as tensors by name: what is saved as safetensors."""

    @abstractmethod
    def load_parameters(self, state: dict[str, torch.Tensor]) -> None:
        """Take parameters from `parameters_state`, on any device; shapes come from the tensors."""
