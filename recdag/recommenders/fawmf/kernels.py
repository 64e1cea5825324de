"""Sums over listed cells of a matrix: the sparse part of FAWMF's gradients.

On CPU each sum is one pass of compiled code, in the order of the cells, by one thread: the result
is the same in every run. Other devices, and the few cells of single users, do it by gathers and
segment sums on blocks of cells, so that memory stays bounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.sparse import csr_array

CELLS_AT_ONCE = 2**20
# Up to so many cells it takes longer to load the compiled code than to do without.
FEW_CELLS = 2**12


@dataclass(frozen=True)
class CellLoss:
    """A loss gamma * f(a) of a cell with exposure gamma and preference a = u.v.

    f(a) = quadratic * a^2 + linear * a + constant.
    """

    quadratic: float
    linear: float
    constant: float

    def __mul__(self, weight: float) -> CellLoss:
        return CellLoss(self.quadratic * weight, self.linear * weight, self.constant * weight)


@dataclass
class CellGradients:
    """Loss of some cells, and its gradients by what their rows and columns are made of.

    Attributes:
        loss: sum of gamma * f(a).
        row_vectors, column_vectors: (R, K), (C, K).
        row_shares, column_shares: (R, D), (C, D); gamma is the product of a row's and a column's.
    """

    loss: torch.Tensor
    row_vectors: torch.Tensor
    row_shares: torch.Tensor
    column_vectors: torch.Tensor
    column_shares: torch.Tensor

    def __add__(self, other: CellGradients) -> CellGradients:
        return CellGradients(
            self.loss + other.loss,
            self.row_vectors + other.row_vectors,
            self.row_shares + other.row_shares,
            self.column_vectors + other.column_vectors,
            self.column_shares + other.column_shares,
        )

    def transposed(self) -> CellGradients:
        """The same cells with rows and columns exchanged."""
        return CellGradients(
            self.loss, self.column_vectors, self.column_shares, self.row_vectors, self.row_shares
        )


class Cells:
    """Some cells of an (R, C) matrix, by rows; a cell listed twice counts twice.

    Attributes:
        indptr: (R + 1,) int64, where each row's cells start.
        columns: (S,) int32.
    """

    def __init__(self, indptr: torch.Tensor, columns: torch.Tensor) -> None:
        self.indptr = indptr
        self.columns = columns

    @classmethod
    def from_matrix(cls, matrix: csr_array, device: torch.device) -> Cells:
        """The stored cells of `matrix`."""
        return cls(
            torch.from_numpy(matrix.indptr.astype(np.int64)).to(device),
            torch.from_numpy(matrix.indices.astype(np.int32)).to(device),
        )

    def __len__(self) -> int:
        return len(self.columns)

    def row_sums(self, values: torch.Tensor) -> torch.Tensor:
        """(R, D) sums of the rows of `values` (C, D) over the columns of each row's cells."""
        sums = values.new_zeros(len(self.indptr) - 1, values.shape[1])
        if self._by_loops(values):
            from recdag.recommenders.fawmf.loops import add_row_sums

            add_row_sums(self.indptr.numpy(), self.columns.numpy(), values.contiguous().numpy(), sums.numpy())
        else:
            for rows, columns in self._blocks():
                sums.index_add_(0, rows, values[columns])
        return sums

    def gradients(
        self,
        row_vectors: torch.Tensor,
        row_shares: torch.Tensor,
        column_vectors: torch.Tensor,
        column_shares: torch.Tensor,
        loss: CellLoss,
    ) -> CellGradients:
        """Loss and gradients of the listed cells.

        Args:
            row_vectors, column_vectors: (R, K), (C, K).
            row_shares, column_shares: (R, D), (C, D).
            loss: of one cell.
        """
        inputs = (row_vectors, row_shares, column_vectors, column_shares)
        outputs = tuple(torch.zeros_like(each) for each in inputs)
        if self._by_loops(row_vectors):
            from recdag.recommenders.fawmf.loops import add_cell_gradients

            arrays = [each.contiguous().numpy() for each in inputs]
            number = arrays[0].dtype.type
            coefficients = [number(each) for each in (loss.quadratic, loss.linear, loss.constant)]
            total = add_cell_gradients(
                self.indptr.numpy(),
                self.columns.numpy(),
                *arrays,
                *coefficients,
                *(each.numpy() for each in outputs),
            )
            return CellGradients(torch.tensor(total, dtype=torch.float64), *outputs)
        return CellGradients(self._add_gradients(inputs, outputs, loss), *outputs)

    def _add_gradients(
        self, inputs: tuple[torch.Tensor, ...], outputs: tuple[torch.Tensor, ...], loss: CellLoss
    ) -> torch.Tensor:
        """What `add_cell_gradients` does, on any device: adds to `outputs`, returns the loss."""
        row_vectors, row_shares, column_vectors, column_shares = inputs
        by_row_vectors, by_row_shares, by_column_vectors, by_column_shares = outputs
        total = torch.zeros((), dtype=torch.float64, device=row_vectors.device)
        for rows, columns in self._blocks():
            u, v = row_vectors[rows], column_vectors[columns]
            s, t = row_shares[rows], column_shares[columns]
            a, gamma = (u * v).sum(1, keepdim=True), (s * t).sum(1, keepdim=True)
            by_gamma = (loss.quadratic * a + loss.linear) * a + loss.constant
            by_a = gamma * (2 * loss.quadratic * a + loss.linear)
            total += (gamma * by_gamma).sum()
            by_row_vectors.index_add_(0, rows, by_a * v)
            by_column_vectors.index_add_(0, columns, by_a * u)
            by_row_shares.index_add_(0, rows, by_gamma * t)
            by_column_shares.index_add_(0, columns, by_gamma * s)
        return total

    def _by_loops(self, values: torch.Tensor) -> bool:
        return values.device.type == "cpu" and len(self) > FEW_CELLS

    def _blocks(self) -> Any:
        for start in range(0, len(self), CELLS_AT_ONCE):
            columns = self.columns[start : start + CELLS_AT_ONCE].long()
            places = torch.arange(start, start + len(columns), device=columns.device)
            yield torch.searchsorted(self.indptr, places, right=True) - 1, columns
