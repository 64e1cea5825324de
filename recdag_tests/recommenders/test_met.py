"""The reference for data of several behaviours, against its definition written out item by item."""

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from recdag.recommenders.multi_feedback import MetConfig
from recdag.recommenders.multi_feedback.met import Met, behaviours_by_strength
from recdag.testing import OPTIONS, all_users
from recdag.training.data import TrainingData


def counts(rng, density, shape=(30, 20)):
    return csr_array((rng.random(shape) < density) * rng.integers(1, 4, shape).astype(np.float32))


@pytest.fixture
def data():
    rng = np.random.default_rng(5)
    strength = counts(rng, 0.2)
    positives = csr_array((np.ones_like(strength.data), strength.indices, strength.indptr), strength.shape)
    carts = csr_array(positives.multiply(rng.random(positives.shape) < 0.7) + counts(rng, 0.05) * 2)
    supportive = {"cart": carts, "view": counts(rng, 0.4)}
    met_at = csr_array(((carts + supportive["view"]) > 0) * rng.integers(0, 3, (30, 20)).astype(np.float32))
    return TrainingData(positives, strength, supportive, met_at)


def fitted(data):
    model = Met(MetConfig())
    model.fit(data, OPTIONS)
    return model


def criteria(data, user, item):
    """What decides the place of an item, the first the most."""
    popularity = data.positives[:, [item]].sum()
    times = [matrix[user, item] for matrix in (data.supportive["view"], data.supportive["cart"])]
    if not any(times):
        return (0, 0, 0, popularity)
    latest = 0 if data.met_at is None else data.met_at[user, item]
    return (1 + bool(times[1]), sum(times), latest, popularity)


@pytest.mark.parametrize("timed", [True, False])
def test_items_stand_by_behaviour_then_number_then_time_then_popularity(data, timed):
    if not timed:
        data = TrainingData(data.positives, data.strength, data.supportive)
    scores = fitted(data).score(all_users(data)).numpy()
    for user in range(data.n_users):
        wanted = [criteria(data, user, item) for item in range(data.n_items)]
        for one, mine in zip(wanted, scores[user], strict=True):
            assert [one > other for other in wanted] == (mine > scores[user]).tolist()


def test_the_behaviour_that_is_most_often_a_choice_too_is_the_strongest(data):
    assert behaviours_by_strength(data) == ["view", "cart"]
    swapped = TrainingData(
        data.positives, data.strength, {"cart": data.supportive["view"], "view": data.supportive["cart"]}
    )
    assert behaviours_by_strength(swapped) == ["cart", "view"]


def test_without_other_behaviours_it_is_popularity(data):
    model = fitted(TrainingData(data.positives, data.strength))
    popularity = torch.from_numpy(data.positives.sum(axis=0))
    scores = model.score(all_users(data)) * (1 + popularity.max())
    torch.testing.assert_close(scores, popularity.repeat(data.n_users, 1))
