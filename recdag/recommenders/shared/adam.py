"""Adam for a single tensor whose gradient is known, as folding in a user needs it.

The first use of torch's optimizers imports its compiler, which takes longer than all the rest of an
answer.
"""

from __future__ import annotations

import torch


class Adam:
    """Moves a tensor in place (Kingma and Ba 2015, Algorithm 1, with their constants).

    Args:
        values: any shape; changed by `step`.
    """

    def __init__(self, values: torch.Tensor, learning_rate: float) -> None:
        self._values, self._rate = values, learning_rate
        self._mean, self._square = torch.zeros_like(values), torch.zeros_like(values)
        self._steps = 0

    @torch.no_grad()
    def step(self, gradient: torch.Tensor) -> None:
        """One step against a gradient of the tensor's shape."""
        self._steps += 1
        self._mean.lerp_(gradient, 1 - 0.9)
        self._square.mul_(0.999).addcmul_(gradient, gradient, value=1 - 0.999)
        spread = (self._square / (1 - 0.999**self._steps)).sqrt_().add_(1e-8)
        self._values.addcdiv_(self._mean, spread, value=-self._rate / (1 - 0.9**self._steps))
