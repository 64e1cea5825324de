"""What a decoder's outputs say about a user's items: losses with hand-written gradients.

Every likelihood is a dense term on all m outputs of a user plus a correction on the user's items
(Liang et al. 2018, equations 2 to 4), so neither targets nor their one-hot rows become dense.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from scipy.sparse import csr_array
from torch.autograd.function import once_differentiable


@dataclass(frozen=True)
class Targets:
    """The items that B users chose.

    Attributes:
        cells: (P,) int64 positions of the chosen items in a flattened (B, m) matrix, each once.
        counts: (B, 1) number of items of each user, as floating point.
    """

    cells: torch.Tensor
    counts: torch.Tensor

    @classmethod
    def from_matrix(cls, matrix: csr_array, device: torch.device) -> Targets:
        """The non-zero cells of a (B, m) matrix."""
        counts = np.diff(matrix.indptr)
        starts = np.repeat(np.arange(len(counts), dtype=np.int64) * matrix.shape[1], counts)
        return cls(
            torch.as_tensor(starts + matrix.indices, device=device),
            torch.as_tensor(counts[:, None].astype(np.float32), device=device),
        )


class Likelihood(Protocol):
    """One choice of p(x | f)."""

    def loss_and_gradient(self, outputs: torch.Tensor, targets: Targets) -> tuple[torch.Tensor, torch.Tensor]:
        """-log p(x | f), summed over items, mean over users.

        Args:
            outputs: (B, m) decoder outputs f.
            targets: the items x of the B users.

        Returns:
            The loss () and its gradient (B, m), a new tensor.
        """

    def output_bias(self, frequency: np.ndarray) -> np.ndarray | None:
        """Starting values of the output bias from (m,) shares of users by item; None: near zero."""


class Multinomial:
    """-sum_i x_i log softmax(f)_i (equation 2)."""

    def loss_and_gradient(self, outputs: torch.Tensor, targets: Targets) -> tuple[torch.Tensor, torch.Tensor]:
        share = 1.0 / len(outputs)
        log_p = torch.log_softmax(outputs, dim=1)
        loss = -share * log_p.view(-1)[targets.cells].sum()
        gradient = log_p.exp_().mul_(share * targets.counts.to(outputs.dtype))
        gradient.view(-1)[targets.cells] -= share
        return loss, gradient

    def output_bias(self, frequency: np.ndarray) -> np.ndarray | None:
        return None


@dataclass(frozen=True)
class Gaussian:
    """.5 sum_i c_i (x_i - f_i)^2 (equation 3).

    Attributes:
        positive_weight: c of chosen items.
        unobserved_weight: c of all others.
    """

    positive_weight: float
    unobserved_weight: float

    def loss_and_gradient(self, outputs: torch.Tensor, targets: Targets) -> tuple[torch.Tensor, torch.Tensor]:
        share = 1.0 / len(outputs)
        c1, c0 = self.positive_weight, self.unobserved_weight
        chosen = outputs.view(-1)[targets.cells]
        correction = c1 * (chosen - 1).square() - c0 * chosen.square()
        loss = 0.5 * share * (c0 * outputs.square().sum() + correction.sum())
        gradient = outputs * (share * c0)
        gradient.view(-1)[targets.cells] = share * c1 * (chosen - 1)
        return loss, gradient

    def output_bias(self, frequency: np.ndarray) -> np.ndarray | None:
        return None


class Logistic:
    """-sum_i [x_i log sigmoid(f_i) + (1 - x_i) log(1 - sigmoid(f_i))] (equation 4).

    The output bias starts at the log-odds of an item's frequency; from zero, the first epochs would
    only learn that most items are not chosen.
    """

    def loss_and_gradient(self, outputs: torch.Tensor, targets: Targets) -> tuple[torch.Tensor, torch.Tensor]:
        share = 1.0 / len(outputs)
        chosen = outputs.view(-1)[targets.cells]
        loss = share * (torch.nn.functional.softplus(outputs).sum() - chosen.sum())
        gradient = torch.sigmoid(outputs).mul_(share)
        gradient.view(-1)[targets.cells] -= share
        return loss, gradient

    def output_bias(self, frequency: np.ndarray) -> np.ndarray | None:
        share = np.clip(frequency, 1e-6, 1 - 1e-6)
        log_odds: np.ndarray = np.log(share) - np.log1p(-share)
        return log_odds


class _NegativeLogLikelihood(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, outputs: torch.Tensor, targets: Targets, likelihood: Likelihood) -> torch.Tensor:
        loss, gradient = likelihood.loss_and_gradient(outputs.float(), targets)
        ctx.gradient = gradient.to(outputs.dtype)
        return loss

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, factor: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        gradient, ctx.gradient = ctx.gradient, None
        return gradient.mul_(factor), None, None


def negative_log_likelihood(likelihood: Likelihood, outputs: torch.Tensor, targets: Targets) -> torch.Tensor:
    """-log p(x | f), summed over items, mean over users; differentiable once by `outputs`."""
    loss: torch.Tensor = _NegativeLogLikelihood.apply(outputs, targets, likelihood)  # type: ignore[no-untyped-call]
    return loss
