"""What models of named parameters and one optimizer share: the state from which a fit goes on."""

from __future__ import annotations

from typing import Any, TypeVar

import torch

from recdag.recommenders.base import Recommender
from recdag.recommenders.config import Config

P = TypeVar("P", bound=Config)


class ParameterModel(Recommender[P]):
    """A recommender that is its parameters.

    Attributes:
        parameters: tensors by name, on `device`; put in place by `hold`.
        optimizer: changes them in place.
    """

    parameters: dict[str, torch.Tensor]
    optimizer: torch.optim.Optimizer

    def hold(self, parameters: dict[str, torch.Tensor]) -> None:
        """Take parameters on `device` as the model's own, without a copy."""
        self.parameters = parameters

    def training_state(self) -> dict[str, Any]:
        parameters = {name: value.detach() for name, value in self.parameters.items()}
        return {"parameters": parameters, "optimizer": self.optimizer.state_dict()}

    @torch.no_grad()
    def load_training_state(self, state: dict[str, Any]) -> None:
        for name, value in state["parameters"].items():
            self.parameters[name].copy_(value)
        self.optimizer.load_state_dict(state["optimizer"])

    def parameters_state(self) -> dict[str, torch.Tensor]:
        return {name: value.detach() for name, value in self.parameters.items()}

    def load_parameters(self, state: dict[str, torch.Tensor]) -> None:
        self.hold({name: value.to(self.device) for name, value in state.items()})
