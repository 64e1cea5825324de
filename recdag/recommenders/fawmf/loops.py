"""The compiled loops of `kernels`, apart from it: serving a trained model needs no compiler."""

from __future__ import annotations

from typing import Any

import numba

# Sums may be reordered for vector instructions; NaN and infinity keep their meaning.
FAST = {"reassoc", "contract", "nsz"}


@numba.njit(cache=True, nogil=True, fastmath=FAST)
def add_row_sums(indptr: Any, columns: Any, values: Any, sums: Any) -> None:
    """Add to `sums` (R, D) the rows of `values` (C, D) of each row's columns."""
    width = values.shape[1]
    for row in range(len(indptr) - 1):
        total = sums[row]
        for cell in range(indptr[row], indptr[row + 1]):
            value = values[columns[cell]]
            for d in range(width):
                total[d] += value[d]


@numba.njit(cache=True, nogil=True, fastmath=FAST)
def add_cell_gradients(
    indptr: Any,
    columns: Any,
    row_vectors: Any,
    row_shares: Any,
    column_vectors: Any,
    column_shares: Any,
    quadratic: Any,
    linear: Any,
    constant: Any,
    by_row_vectors: Any,
    by_row_shares: Any,
    by_column_vectors: Any,
    by_column_shares: Any,
) -> float:
    """Add the gradients of the listed cells to the last four, and return their loss; see `Cells`."""
    n_factors, n_shares = row_vectors.shape[1], row_shares.shape[1]
    zero = row_vectors.dtype.type(0)
    total = 0.0
    for row in range(len(indptr) - 1):
        u, s = row_vectors[row], row_shares[row]
        by_u, by_s = by_row_vectors[row], by_row_shares[row]
        for cell in range(indptr[row], indptr[row + 1]):
            column = columns[cell]
            v, t = column_vectors[column], column_shares[column]
            by_v, by_t = by_column_vectors[column], by_column_shares[column]
            a, gamma = zero, zero
            for k in range(n_factors):
                a += u[k] * v[k]
            for d in range(n_shares):
                gamma += s[d] * t[d]
            by_gamma = (quadratic * a + linear) * a + constant
            by_a = gamma * (quadratic * a + quadratic * a + linear)
            total += gamma * by_gamma
            for k in range(n_factors):
                by_u[k] += by_a * v[k]
                by_v[k] += by_a * u[k]
            for d in range(n_shares):
                by_s[d] += by_gamma * t[d]
                by_t[d] += by_gamma * s[d]
    return total
