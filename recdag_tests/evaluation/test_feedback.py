"""Held-out items that were met in supportive feedback, against dense matrices."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from recdag.evaluation.feedback import seen_in_supportive
from recdag.evaluation.split import HeldOut
from recdag.training.data import TrainingData


def random_matrix(rng: np.random.Generator, n_users: int, share: float) -> csr_array:
    return csr_array((rng.random((n_users, 12)) < share).astype(np.float32))


@pytest.mark.parametrize("behaviours", [0, 1, 3])
def test_seen_are_those_with_a_held_out_item_in_any_feedback(behaviours: int) -> None:
    rng = np.random.default_rng(behaviours)
    positives = random_matrix(rng, 40, 0.3)
    supportive = {str(number): random_matrix(rng, 40, 0.1) for number in range(behaviours)}
    users = rng.permutation(40)[:25]
    users[[3, 7]] = -1
    dense = random_matrix(rng, 25, 0.15).toarray()
    dense[3] = 1
    held_out = HeldOut(np.arange(25, dtype=np.int32), users, random_matrix(rng, 25, 0.2), csr_array(dense))
    met = sum((each.toarray() for each in supportive.values()), np.zeros((40, 12)))
    expected = (users >= 0) & (met[users] * dense).any(axis=1)
    seen = seen_in_supportive(TrainingData(positives, positives, supportive), held_out)
    np.testing.assert_array_equal(seen, expected)
    assert seen.any() == (behaviours > 0)
