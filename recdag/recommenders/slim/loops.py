"""The compiled loops of SLIM, apart from it: serving a trained model needs no compiler."""

from __future__ import annotations

import numpy as np
from numba import njit

ENTERING = 32


@njit(nogil=True, cache=True)
def solve_columns(first, gram, scale, l1, l2, tolerance, max_iterations, starts, users, n_users, out):
    """Columns first, first + 1, ... of W as the rows of `out`.

    Args:
        gram: (m, m) float32 G.
        scale: (m,) float64 G_ii + l2.
        max_iterations: sweeps over the working set, for each column.
        starts, users: (m + 1,) and (P,), the users of item i from starts[i] to starts[i + 1].
        n_users: n.
    """
    residual = np.empty(n_users)
    for row in range(len(out)):
        out[row] = _solve_column(
            first + row, gram, scale, l1, l2, tolerance, max_iterations, starts, users, residual
        )


@njit(nogil=True, cache=True)
def _solve_column(target, gram, scale, l1, l2, tolerance, max_iterations, starts, users, residual):
    candidates = np.flatnonzero(gram[target] > l1)
    candidates = candidates[candidates != target]
    weights = np.zeros(len(gram))
    slopes = gram[target].astype(np.float64)
    steps = np.zeros(len(candidates))
    lengths = starts[1:] - starts[:-1]
    while max_iterations > 0:
        for c, i in enumerate(candidates):
            aim = weights[i] + (slopes[i] - l2 * weights[i] - l1) / scale[i]
            steps[c] = max(aim, 0.0) - weights[i]
        if len(steps) == 0 or np.abs(steps).max() <= tolerance:
            break
        kept = weights[candidates] > 0.0
        entering = np.flatnonzero(~kept & (steps > tolerance))
        limit = max(ENTERING, kept.sum())
        if len(entering) > limit:
            gains = steps[entering] ** 2 * scale[candidates[entering]]
            entering = entering[np.argsort(-gains)[:limit]]
        kept[entering] = True
        working = candidates[kept]
        if 2 * lengths[working].sum() < len(working) ** 2:
            residual[:] = 0.0
            residual[users[starts[target] : starts[target + 1]]] = 1.0
            for i in working:
                residual[users[starts[i] : starts[i + 1]]] -= weights[i]
            max_iterations = _sweep_users(
                working, weights, residual, starts, users, scale, l1, l2, tolerance / 2, max_iterations
            )
            for i in candidates:
                slopes[i] = _sum_at(residual, users[starts[i] : starts[i + 1]])
        else:
            max_iterations = _sweep_pairs(
                working, weights, slopes, gram, scale, l1, l2, tolerance / 2, max_iterations
            )
            slopes[:] = gram[target]
            for i in working:
                if weights[i] > 0.0:
                    slopes -= weights[i] * gram[i]
    return weights


@njit(nogil=True, cache=True)
def _sweep_pairs(working, weights, slopes, gram, scale, l1, l2, tolerance, max_iterations):
    """Coordinate descent on the items `working`, by G; returns how many sweeps are left.

    Args:
        weights: (m,) float64, those of `working` are updated.
        slopes: (m,) float64 G_j - G w at the start.
    """
    size = len(working)
    among = np.empty((size, size), dtype=np.float32)
    for p in range(size):
        row = gram[working[p]]
        for q in range(size):
            among[p, q] = row[working[q]]
    slope, values, divisors = slopes[working], weights[working], scale[working]
    largest = np.inf
    while max_iterations > 0 and largest > tolerance:
        largest = 0.0
        for p in range(size):
            value = max(0.0, values[p] + (slope[p] - l2 * values[p] - l1) / divisors[p])
            change = value - values[p]
            if change != 0.0:
                values[p] = value
                slope -= change * among[p]
                largest = max(largest, abs(change))
        max_iterations -= 1
    weights[working] = values
    return max_iterations


@njit(nogil=True, cache=True)
def _sweep_users(working, weights, residual, starts, users, scale, l1, l2, tolerance, max_iterations):
    """`_sweep_pairs` by the (n,) residual X_j - X w of the users, which is kept up to date."""
    largest = np.inf
    while max_iterations > 0 and largest > tolerance:
        largest = 0.0
        for i in working:
            of_item = users[starts[i] : starts[i + 1]]
            slope = _sum_at(residual, of_item)
            value = max(0.0, weights[i] + (slope - l2 * weights[i] - l1) / scale[i])
            change = value - weights[i]
            if change != 0.0:
                weights[i] = value
                for user in of_item:
                    residual[user] -= change
                largest = max(largest, abs(change))
        max_iterations -= 1
    return max_iterations


@njit(nogil=True, cache=True)
def _sum_at(values, positions):
    total = 0.0
    for position in positions:
        total += values[position]
    return total
