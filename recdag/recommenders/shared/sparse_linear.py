"""A linear layer on sparse rows: sums of weight rows, no dense batch of users x items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.sparse import csr_array
from torch import nn
from torch.autograd.function import once_differentiable


@dataclass(frozen=True)
class SparseRows:
    """B rows of a sparse (B, m) matrix on a device.

    Attributes:
        offsets: (B + 1,) int32, row b is cells offsets[b] to offsets[b + 1].
        columns: (P,) int32 column of each cell.
        values: (P,) value of each cell.
    """

    offsets: torch.Tensor
    columns: torch.Tensor
    values: torch.Tensor

    @classmethod
    def from_matrix(cls, matrix: csr_array, device: torch.device) -> SparseRows:
        """The rows of `matrix`; values keep their type."""
        return cls(
            torch.as_tensor(matrix.indptr.astype(np.int32, copy=False), device=device),
            torch.as_tensor(matrix.indices.astype(np.int32, copy=False), device=device),
            torch.as_tensor(matrix.data, device=device),
        )

    def times(self, dense: torch.Tensor) -> torch.Tensor:
        """The product with a (m, K) matrix: (B, K), each row a weighted sum of rows of `dense`."""
        return nn.functional.embedding_bag(
            self.columns,
            dense,
            self.offsets,
            mode="sum",
            per_sample_weights=self.values,
            include_last_offset=True,
        )


class _SparseProduct(torch.autograd.Function):
    """rows @ weight, with the gradient of the weight as a second sum of rows.

    The gradient rows^T @ g needs no scatter: it is the same kernel on the transposed matrix, so it
    is deterministic on every device and writes each row of the result once.
    """

    @staticmethod
    def forward(ctx: Any, weight: torch.Tensor, rows: SparseRows, transposed: SparseRows) -> torch.Tensor:
        ctx.transposed = transposed
        return rows.times(weight)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        return ctx.transposed.times(gradient.contiguous()), None, None


class SparseLinear(nn.Module):
    """x W + b for sparse x; starts at zero, for the network around it to initialise.

    Args:
        inputs: m, columns of x.
        outputs: K, length of the result.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(inputs, outputs))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, matrix: csr_array) -> torch.Tensor:
        """(B, K) for a (B, m) matrix whose values have the weight's type."""
        device = self.weight.device
        rows = SparseRows.from_matrix(matrix, device)
        if not torch.is_grad_enabled():
            return rows.times(self.weight) + self.bias
        transposed = SparseRows.from_matrix(csr_array(matrix.T), device)
        product: torch.Tensor = _SparseProduct.apply(self.weight, rows, transposed)  # type: ignore[no-untyped-call]
        return product + self.bias
