"""The compiled loop of `sparse_ops.ItemGram`, apart from it: serving a trained model needs no compiler."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)
def add_gram_rows(
    first: int,
    item_starts: np.ndarray,
    users: np.ndarray,
    user_values: np.ndarray,
    user_starts: np.ndarray,
    items: np.ndarray,
    item_values: np.ndarray,
    out: np.ndarray,
) -> None:
    """Add rows first, first + 1, ... of X^T X to `out`, from the columns and the rows of X."""
    for row in range(out.shape[0]):
        total = out[row]
        for cell in range(item_starts[first + row], item_starts[first + row + 1]):
            user, value = users[cell], user_values[cell]
            others = items[user_starts[user] : user_starts[user + 1]]
            values = item_values[user_starts[user] : user_starts[user + 1]]
            for other in range(len(others)):
                # An unsigned index spares the test for negative ones, half of the loop's time.
                total[np.uint32(others[other])] += value * values[other]
