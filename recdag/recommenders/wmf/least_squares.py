"""Exact weighted least squares for many rows at once: one half of an ALS sweep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse import csr_array

from recdag.errors import TrainingError
from recdag.recommenders.shared.sparse_ops import on_all_cores, padded_blocks

BLOCK_BYTES = {"cpu": 4 << 20, "cuda": 256 << 20}  # on a CPU, what its cache holds


@dataclass(frozen=True)
class _Block:
    """Rows of about equal length, on the device.

    Attributes:
        rows: (R,) int64.
        columns: (R, L) int32, padded with the number of columns.
        extra: (R, L), padded with 0; None where all are 1.
        penalty: (R,).
    """

    rows: torch.Tensor
    columns: torch.Tensor
    extra: torch.Tensor | None
    penalty: torch.Tensor


class RowSolver:
    """Solves for the vector p of every row of a sparse matrix, the columns' vectors q given.

    With w the weight of every cell, e the extra weight of a positive and c the row's penalty, p
    minimises

        w sum_all (p.q)^2 + sum_positives [e (p.q)^2 - 2 t p.q] + c |p|^2

    where t = w + e for an observation of 1 that carries the whole weight of its cell, and t = e for
    one that comes on top of a 0. A row without positives gets zeros.

    Args:
        extra: (n, m) the e of each positive.
        penalty: (n,) the c of each row.
        cell_weight: w.
        on_top: t = e, and e is 1 everywhere.
        factors: K, for the size of the blocks.
        device: where the work is done.
    """

    def __init__(
        self,
        extra: csr_array,
        penalty: np.ndarray,
        *,
        cell_weight: float,
        on_top: bool,
        factors: int,
        device: torch.device,
    ) -> None:
        self._cell_weight = cell_weight
        self._n_rows = extra.shape[0]
        self._blocks = [
            _Block(
                torch.from_numpy(rows).to(device),
                torch.from_numpy(columns).to(device),
                None if on_top else torch.from_numpy(values).to(device),
                torch.from_numpy(penalty[rows].astype(np.float32)).to(device),
            )
            for rows, columns, values in padded_blocks(
                extra,
                lambda lengths: 4 * factors * (lengths + factors),
                BLOCK_BYTES.get(device.type, BLOCK_BYTES["cuda"]),
            )
        ]

    def solve(self, vectors: torch.Tensor, heartbeat: Callable[[], None]) -> tuple[torch.Tensor, float]:
        """Solve all rows for the columns' vectors (m, K).

        Returns:
            (n, K) row vectors, and the minimum of the objective summed over the rows, a negative
            number as it leaves out the constant sum of t.

        Raises:
            TrainingError: a system of equations is singular in float32.
        """
        common = self._cell_weight * (vectors.T @ vectors)
        padded = torch.cat([vectors, torch.zeros_like(vectors[:1])])
        solution = vectors.new_zeros(self._n_rows, vectors.shape[1])
        minima = vectors.new_zeros(len(self._blocks), dtype=torch.float64)
        singular = torch.zeros(len(self._blocks), dtype=torch.bool, device=vectors.device)

        def solve_block(place: int) -> None:
            block = self._blocks[place]
            left, right = self._equations(block, common, padded)
            factor, failed = torch.linalg.cholesky_ex(left)
            # Two triangular solves take half the time of torch.cholesky_solve on the CPU.
            half = torch.linalg.solve_triangular(factor, right.unsqueeze(2), upper=False)
            solved = torch.linalg.solve_triangular(factor.mT, half, upper=True).squeeze(2)
            solution[block.rows] = solved
            minima[place] = -(right * solved).sum(dtype=torch.float64)
            singular[place] = failed.any()

        places = range(len(self._blocks))
        if vectors.device.type == "cpu":
            on_all_cores(solve_block, places, heartbeat)
        else:
            for place in places:
                solve_block(place)
                heartbeat()
        if singular.any():
            raise TrainingError("the equations of a row are singular", cure="Raise the model's l2")
        return solution, minima.sum().item()

    def _equations(
        self, block: _Block, common: torch.Tensor, padded: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Left sides (R, K, K) and right sides (R, K) of a block's normal equations."""
        chosen = padded.index_select(0, block.columns.view(-1)).view(*block.columns.shape, -1)
        if block.extra is None:
            weighted, right = chosen, chosen.sum(dim=1)
        else:
            weighted = chosen * block.extra.unsqueeze(2)
            right = weighted.sum(dim=1) + self._cell_weight * chosen.sum(dim=1)
        left = torch.baddbmm(common.expand(len(chosen), -1, -1), chosen.mT, weighted)
        left.diagonal(dim1=1, dim2=2).add_(block.penalty.unsqueeze(1))
        return left, right

    def penalty(self, solution: torch.Tensor) -> float:
        """Sum over the rows of c |p|^2."""
        parts = [
            block.penalty.double() @ solution[block.rows].double().square().sum(dim=1)
            for block in self._blocks
        ]
        return float(torch.stack(parts).sum()) if parts else 0.0
