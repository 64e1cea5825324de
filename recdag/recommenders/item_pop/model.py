"""The popularity of items, the same for every user."""

from __future__ import annotations

from typing import ClassVar

import torch

from recdag.recommenders.base import Query, Recommender
from recdag.recommenders.item_pop import ItemPopConfig
from recdag.training.data import TrainingData
from recdag.training.options import FitOptions, History


class ItemPop(Recommender[ItemPopConfig]):
    """Scores an item by the number of training users who chose it."""

    folds_in: ClassVar[bool] = True
    _counts: torch.Tensor

    def fit(self, data: TrainingData, options: FitOptions) -> History:
        self.device = options.device
        counts = data.positives.sum(axis=0)
        self._counts = torch.as_tensor(counts, dtype=torch.float32, device=self.device)
        return History()

    def score(self, query: Query, items: torch.Tensor | None = None) -> torch.Tensor:
        if items is None:
            return self._counts.repeat(len(query), 1)
        return self._counts[items]

    def parameters_state(self) -> dict[str, torch.Tensor]:
        return {"counts": self._counts}

    def load_parameters(self, state: dict[str, torch.Tensor]) -> None:
        self._counts = state["counts"].to(self.device)
