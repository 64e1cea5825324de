"""What models of one network and one optimizer share: the fit, and the state from which it goes on."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, TypeVar

import numpy as np
import torch

from recdag.recommenders.base import Recommender
from recdag.recommenders.config import NetworkConfig
from recdag.training.data import TrainingData
from recdag.training.loop import train
from recdag.training.options import FitOptions, History

N = TypeVar("N", bound=NetworkConfig)


class NetworkModel(Recommender[N]):
    """Users enter a network in batches; `prepare` makes network and optimizer."""

    network: torch.nn.Module
    optimizer: torch.optim.Optimizer

    @abstractmethod
    def prepare(self, data: TrainingData, options: FitOptions) -> None:
        """Put data, a new network and its optimizer in place.

        Raises:
            DataError: there is no interaction to learn from.
        """

    @abstractmethod
    def train_epoch(self, rng: np.random.Generator, options: FitOptions) -> dict[str, float]:
        """One pass over the users; see `training.loop.Trainee`."""

    def fit(self, data: TrainingData, options: FitOptions) -> History:
        self.prepare(data, options)
        return train(
            self,
            epochs=self.config.epochs,
            options=options,
            patience=self.config.patience,
            validate_every=self.config.validate_every,
        )

    def training_state(self) -> dict[str, Any]:
        return {"network": self.network.state_dict(), "optimizer": self.optimizer.state_dict()}

    def load_training_state(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])

    def parameters_state(self) -> dict[str, torch.Tensor]:
        return self.network.state_dict()
