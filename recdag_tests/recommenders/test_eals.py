"""eALS against the objective written out in full and its closed-form minimisers."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from recdag.errors import DataError
from recdag.recommenders.base import Query
from recdag.recommenders.eals import EALSConfig
from recdag.recommenders.eals.model import EALS, Fixed, penalty, sweep, unobserved_weights
from recdag.training.data import TrainingData
from recdag.training.options import FitOptions

N, M, K = 24, 15, 3


def some_data(seed=0):
    rng = np.random.default_rng(seed)
    dense = rng.random((N, M)) < 0.3
    dense[3] = False
    matrix = csr_array(dense.astype(np.float32))
    return TrainingData(matrix, matrix)


def query(data, users):
    return Query(np.array(users), data.positives[[max(user, 0) for user in users]])


def config_of(data, l2, **settings):
    """A configuration in which lambda is `l2`."""
    n, m = data.positives.shape
    ratio = 3.0
    relative = l2 * (n * m) ** 0.5 / ((1 + ratio) * data.positives.nnz)
    return EALSConfig(factors=K, patience=None, l2=relative, unobserved_ratio=ratio, **settings)


def arrays_of(model):
    state = model.parameters_state()
    return (state[name].double().numpy() for name in ("users", "items", "unobserved_weights"))


def objective(x, users, items, weights, l2):
    cell_weights = np.where(x > 0, 1.0, weights[None, :])
    squares = np.sum(users**2) + np.sum(items**2)
    return np.sum(cell_weights * (x - users @ items.T) ** 2) + l2 * squares


def row_solutions(x, items, cell_weights, l2):
    """Each row's weighted ridge regression."""
    return np.stack(
        [
            np.linalg.solve((items.T * w) @ items + l2 * np.eye(items.shape[1]), items.T @ (w * row))
            for row, w in zip(x, cell_weights, strict=True)
        ]
    )


def test_repeated_sweeps_reach_the_closed_form_of_every_row_on_both_sides():
    x = some_data().positives.toarray().astype(np.float64)
    rng = np.random.default_rng(1)
    users, items = rng.normal(size=(N, K)), rng.normal(size=(M, K))
    weights, ones = rng.uniform(0.05, 1.5, M), np.ones(N)
    cell_weights = np.where(x > 0, 1.0, weights)
    for _ in range(400):
        sweep(csr_array(x), users, Fixed(items, weights), ones, 0.5)
    np.testing.assert_allclose(users, row_solutions(x, items, cell_weights, 0.5), atol=1e-9)
    for _ in range(400):
        sweep(csr_array(x.T), items, Fixed(users, ones), weights, 0.5)
    np.testing.assert_allclose(items, row_solutions(x.T, users, cell_weights.T, 0.5), atol=1e-9)


def test_the_loss_is_the_objective_and_falls_to_a_stationary_point():
    data = some_data()
    config = config_of(data, 0.3, epochs=300, initial_std=0.3)
    model = EALS(config)
    history = model.fit(data, FitOptions())
    losses = [row.value for row in history.rows if row.name == "loss"]
    assert all(after <= before + 1e-3 for before, after in pairwise(losses))
    users, items, weights = arrays_of(model)
    x = data.positives.toarray().astype(np.float64)
    assert losses[-1] == pytest.approx(objective(x, users, items, weights, 0.3), rel=1e-4)
    cell_weights = np.where(x > 0, 1.0, weights)
    np.testing.assert_allclose(users, row_solutions(x, items, cell_weights, 0.3), atol=2e-3)
    np.testing.assert_allclose(items, row_solutions(x.T, users, cell_weights.T, 0.3), atol=2e-3)


def test_weights_of_unobserved_cells_sum_to_the_ratio_of_the_positives():
    popularity = np.array([1, 4, 16])
    by_popularity = EALSConfig(unobserved_ratio=6.0, popularity_exponent=0.5)
    weights = unobserved_weights(popularity, 42, by_popularity)
    np.testing.assert_allclose(weights, 3 * np.array([1, 2, 4]) / 7)
    np.testing.assert_allclose(42 * weights.sum(), 6 * popularity.sum())
    alike = EALSConfig(unobserved_ratio=6.0, popularity_exponent=0.0)
    np.testing.assert_allclose(unobserved_weights(popularity, 42, alike), [1, 1, 1])


def test_lambda_grows_with_the_positives_of_a_user_and_an_item():
    matrix = csr_array(np.eye(4, 9, dtype=np.float32))
    config = EALSConfig(l2=0.5, unobserved_ratio=2.0)
    assert penalty(matrix, config) == pytest.approx(0.5 * 3 * 4 / 6)


def test_folding_in_a_training_user_agrees_with_a_solve_given_the_items():
    data = some_data()
    model = EALS(config_of(data, 0.5, epochs=5, fold_in_sweeps=200))
    model.fit(data, FitOptions())
    _, items, weights = arrays_of(model)
    x = data.positives.toarray()[:5].astype(np.float64)
    expected = row_solutions(x, items, np.where(x > 0, 1.0, weights), 0.5) @ items.T
    unseen = Query(np.full(5, -1), data.positives[:5])
    np.testing.assert_allclose(model.score(unseen).numpy(), expected, atol=1e-4)
    mixed = model.score(Query(np.array([-1, 2]), data.positives[[0, 2]]))
    np.testing.assert_allclose(mixed[0].numpy(), expected[0], atol=1e-4)
    torch.testing.assert_close(mixed[1:], model.score(query(data, [2])))


def test_users_without_interactions_get_zero_vectors():
    model = EALS(EALSConfig(factors=K, epochs=1, patience=None))
    data = some_data()
    model.fit(data, FitOptions())
    assert not model.parameters_state()["users"][3].any()


def test_no_interactions_is_an_error():
    empty = csr_array((3, 4), dtype=np.float32)
    with pytest.raises(DataError, match="no interactions"):
        EALS(EALSConfig()).fit(TrainingData(empty, empty), FitOptions())
