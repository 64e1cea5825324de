"""ExpoMF against expectation and maximization written out cell by cell."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from recdag.recommenders.base import Query
from recdag.recommenders.exmf import EXMFConfig
from recdag.recommenders.exmf import model as exmf
from recdag.recommenders.exmf.model import EXMF, log_constant
from recdag.training.data import TrainingData
from recdag.training.loop import seed_everything
from recdag.training.options import FitOptions

N, M, K = 13, 9, 3
CONFIG = EXMFConfig(
    factors=K, noise_precision=4.0, initial_exposure=0.2, initial_std=0.5,
    prior_alpha=1.5, prior_beta=2.0, patience=None, epochs=4,
)  # fmt: skip


def some_data(n=N, m=M, density=0.3):
    matrix = csr_array((np.random.default_rng(0).random((n, m)) < density).astype(np.float32))
    return TrainingData(matrix, matrix)


def learned(model):
    state = model.parameters_state()
    return [state[name] for name in ("users", "items", "exposure")]


def posterior(x, users, items, exposure):
    likelihood = math.sqrt(4.0 / (2 * math.pi)) * np.exp(-4.0 / 2 * (users @ items.T) ** 2)
    return np.where(x > 0, 1.0, exposure * likelihood / (exposure * likelihood + 1 - exposure))


def ridge_rows(x, weights, items):
    ridge = 2.0 / 4.0 * np.eye(K)
    return np.stack(
        [
            np.linalg.solve((items.T * w) @ items + ridge, items.T @ (w * row))
            for row, w in zip(x, weights, strict=True)
        ]
    )


def negative_log_posterior(x, users, items, exposure):
    a = users @ items.T
    constant = math.sqrt(4.0 / (2 * math.pi))
    click = np.log(exposure * constant) - 2.0 * (1 - a) ** 2
    none = np.log(exposure * constant * np.exp(-2.0 * a**2) + 1 - exposure)
    prior = -1.0 * (np.sum(users**2) + np.sum(items**2))
    beta = np.sum(0.5 * np.log(exposure) + 1.0 * np.log(1 - exposure))
    return -(np.sum(np.where(x > 0, click, none)) + prior + beta)


def test_each_round_is_expectation_and_maximization_of_the_dense_model(monkeypatch):
    monkeypatch.setitem(exmf.BLOCK_CELLS, "cpu", 4 * M)
    data = some_data()
    x = data.positives.toarray().astype(np.float64)
    lambda_p = 2.0
    relative = lambda_p * (N * M) ** 0.5 / data.positives.nnz
    model = EXMF(CONFIG.replace(prior_precision=relative))
    model.prepare(data, FitOptions())
    users, items, exposure = (each.double().numpy() for each in learned(model))
    for _ in range(4):
        values = model.train_epoch(seed_everything(0), FitOptions())
        users = ridge_rows(x, posterior(x, users, items, exposure), items)
        assert values["loss"] == pytest.approx(negative_log_posterior(x, users, items, exposure), rel=1e-5)
        weights = posterior(x, users, items, exposure)
        items = ridge_rows(x.T, weights.T, users)
        exposure = (1.5 + weights.sum(0) - 1) / (1.5 + 2.0 + N - 2)
        for fitted, expected in zip(learned(model), (users, items, exposure), strict=True):
            np.testing.assert_allclose(fitted.numpy(), expected, atol=2e-5)


def test_the_loss_never_rises():
    history = EXMF(EXMFConfig(factors=4, epochs=25, patience=None)).fit(some_data(60, 40), FitOptions())
    losses = [row.value for row in history.rows]
    assert all(after <= before + 1e-4 * abs(before) for before, after in pairwise(losses))
    assert losses[-1] < losses[0] - 1


def test_the_released_constant_makes_the_likelihood_pi_times_as_large():
    released = EXMFConfig(released_constant=True)
    assert math.exp(log_constant(released) - log_constant(EXMFConfig())) == pytest.approx(math.pi)
    assert log_constant(EXMFConfig(noise_precision=1.0)) == pytest.approx(
        torch.distributions.Normal(0.0, 1.0).log_prob(torch.tensor(0.0)).item()
    )


def test_folding_in_enough_rounds_reaches_the_fixed_point_of_a_training_user():
    data = some_data(60, 40)
    model = EXMF(EXMFConfig(factors=4, epochs=200, patience=None, fold_in_rounds=300, initial_exposure=0.3))
    model.fit(data, FitOptions())
    known = model.score(Query(np.arange(8), data.positives[:8]))
    folded = model.score(Query(np.full(8, -1), data.positives[:8]))
    torch.testing.assert_close(folded, known, atol=5e-3, rtol=0)


def test_blocks_do_not_change_the_result(monkeypatch):
    data = some_data(50, 30)
    config = EXMFConfig(factors=4, epochs=3, patience=None)
    whole, blocked = EXMF(config), EXMF(config)
    whole.fit(data, FitOptions())
    monkeypatch.setitem(exmf.BLOCK_CELLS, "cpu", 100)
    blocked.fit(data, FitOptions())
    for name, value in whole.parameters_state().items():
        torch.testing.assert_close(blocked.parameters_state()[name], value, atol=1e-5, rtol=1e-4)


def test_an_item_that_everybody_chose_keeps_the_loss_finite():
    dense = np.ones((6, 3), np.float32)
    dense[:, 2] = 0
    matrix = csr_array(dense)
    history = EXMF(EXMFConfig(factors=2, epochs=5)).fit(TrainingData(matrix, matrix), FitOptions())
    assert len(history.rows) == 5
