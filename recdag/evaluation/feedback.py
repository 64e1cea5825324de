"""Which held-out items a model may have met in other feedback than the one it is tested on."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from recdag.evaluation.split import HeldOut
from recdag.training.data import TrainingData


def seen_in_supportive(data: TrainingData, held_out: HeldOut) -> np.ndarray:
    """Users who met one of their held-out items in supportive feedback.

    Where the other candidates are items that the user never touched, "she clicked it" alone tells such
    an item from them; a metric over these users is another quantity than one over the rest.

    Args:
        data: what the model learned from, with the same columns as `held_out`.
        held_out: B users with their held-out items.

    Returns:
        (B,) bool; False for users who are not in training.
    """
    known = np.flatnonzero(held_out.users >= 0)
    target = held_out.target[known] > 0
    met = csr_array(target.shape, dtype=bool)
    for counts in data.supportive.values():
        met = met + (counts[held_out.users[known]] > 0)
    seen = np.zeros(len(held_out), bool)
    seen[known] = np.diff(csr_array(target.multiply(met)).indptr) > 0
    return seen
