"""SLIM: optimality of every column, scikit-learn's elastic net, independence of how work is spread."""

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array, vstack
from sklearn.linear_model import ElasticNet

from recdag.errors import Cancelled
from recdag.recommenders.base import Query
from recdag.recommenders.slim import SLIMConfig, loops
from recdag.recommenders.slim import model as slim
from recdag.recommenders.slim.model import SLIM
from recdag.training.data import TrainingData
from recdag.training.options import FitOptions

N_USERS, N_ITEMS = 120, 45
EXACT = {"tolerance": 1e-9, "max_iterations": 100_000}


def interactions(n_items: int = N_ITEMS, seed: int = 0) -> csr_array:
    """Users of three tastes; one item that no one chose, one user who chose nothing."""
    rng = np.random.default_rng(seed)
    same = np.arange(N_USERS)[:, None] % 3 == np.arange(n_items) % 3
    dense = rng.random((N_USERS, n_items)) < np.where(same, 0.5, 0.1) * rng.random(n_items)
    dense[:, 7] = False
    dense[3] = False
    return csr_array(dense.astype(np.float32))


def fitted(config: SLIMConfig, x: csr_array, options: FitOptions | None = None) -> SLIM:
    model = SLIM(config)
    model.fit(TrainingData(x, x), options or FitOptions())
    return model


def weights_of(model: SLIM, n_items: int = N_ITEMS) -> np.ndarray:
    """(m, m) W, a column a target."""
    state = {name: tensor.numpy() for name, tensor in model.parameters_state().items()}
    return csr_array((state["weights"], state["sources"], state["offsets"]), (n_items, n_items)).toarray().T


@pytest.mark.parametrize(("l1", "l2"), [(0.1, 0.1), (1.0, 5.0), (5.0, 0.5), (0.01, 2.0)])
def test_every_column_equals_scikit_learns_elastic_net(l1, l2):
    x = interactions()
    weights = weights_of(fitted(SLIMConfig(l1=l1, l2=l2, **EXACT), x))
    dense = x.toarray().astype(np.float64)
    expected = np.zeros_like(weights)
    for target in range(N_ITEMS):
        others = np.delete(np.arange(N_ITEMS), target)
        oracle = ElasticNet(
            alpha=(l1 + l2) / N_USERS,
            l1_ratio=l1 / (l1 + l2),
            fit_intercept=False,
            positive=True,
            tol=1e-12,
            max_iter=200_000,
        )
        expected[others, target] = oracle.fit(dense[:, others], dense[:, target]).coef_
    np.testing.assert_allclose(weights, expected, atol=1e-5)
    assert (expected > 0).sum() > N_ITEMS


@pytest.mark.parametrize("entering", [1, 5, 1000])
@pytest.mark.parametrize("by_user", [True, False])
def test_solutions_are_optimal_however_they_are_found(monkeypatch, entering, by_user):
    """KKT: the slope is l1 where a weight is positive and no larger where it is zero."""
    l1, l2 = 0.7, 1.3
    x = interactions(200)
    x = csr_array(vstack([x] * (1 if by_user else 4)))
    used = {"_sweep_users": 0, "_sweep_pairs": 0}
    monkeypatch.setattr(loops, "_solve_column", loops._solve_column.py_func)
    monkeypatch.setattr(loops, "solve_columns", loops.solve_columns.py_func)
    monkeypatch.setattr(loops, "ENTERING", entering)
    for name in used:
        monkeypatch.setattr(loops, name, counting(getattr(loops, name), name, used))
    weights = weights_of(fitted(SLIMConfig(l1=l1, l2=l2, tolerance=1e-7), x), 200).astype(np.float64)
    gram = x.toarray().astype(np.float64).T @ x.toarray()
    slopes = gram - gram @ weights - l2 * weights
    off_diagonal = ~np.eye(200, dtype=bool)
    positive = weights > 0
    assert not weights.diagonal().any() and (weights >= 0).all()
    assert not weights[:, 7].any() and not weights[7].any()
    np.testing.assert_allclose(slopes[positive], l1, atol=1e-4)
    assert slopes[~positive & off_diagonal].max() <= l1 + 1e-4
    assert 0.01 < positive.mean() < 0.5
    assert (gram[positive] > l1).all()
    assert used["_sweep_pairs"] > 0 and (used["_sweep_users"] > 0 or entering < 1000 or not by_user)


def counting(kernel, name, used):
    """`kernel`, adding its calls to used[name]."""

    def counted(*arguments):
        used[name] += 1
        return kernel(*arguments)

    return counted


def test_a_loose_tolerance_bounds_every_remaining_step():
    config = SLIMConfig(l1=0.2, l2=0.5, tolerance=0.01)
    weights = weights_of(fitted(config, interactions()))
    gram = interactions().toarray().T @ interactions().toarray()
    slopes = gram - gram @ weights
    aim = weights + (slopes - config.l2 * weights - config.l1) / (gram.diagonal()[:, None] + config.l2)
    steps = np.maximum(aim, 0) - weights
    np.fill_diagonal(steps, 0)
    assert 1e-5 < np.abs(steps).max() <= config.tolerance + 1e-6


def test_max_iterations_ends_a_column_early():
    x = interactions()
    hasty = weights_of(fitted(SLIMConfig(l1=0.1, l2=0.1, tolerance=1e-9, max_iterations=1), x))
    patient = weights_of(fitted(SLIMConfig(l1=0.1, l2=0.1, **EXACT), x))
    assert np.abs(hasty - patient).max() > 0.01


def test_neither_threads_nor_blocks_nor_files_change_anything(monkeypatch):
    x = interactions()
    whole = fitted(SLIMConfig(), x).parameters_state()
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        spread = fitted(SLIMConfig(), x).parameters_state()
    finally:
        torch.set_num_threads(threads)
    monkeypatch.setattr(slim, "BLOCK_BYTES", 4 * N_ITEMS * 7)
    monkeypatch.setattr(slim, "GRAM_BYTES", 0)
    blocks = fitted(SLIMConfig(), x).parameters_state()
    for name, value in whole.items():
        assert torch.equal(value, spread[name]) and torch.equal(value, blocks[name])


def test_strangers_are_scored_by_their_history():
    x, strangers = interactions(), interactions(seed=1)
    model = fitted(SLIMConfig(l1=0.5, l2=2.0), x)
    query = Query(np.full(N_USERS, -1), strangers)
    scores = model.score(query)
    np.testing.assert_allclose(scores, strangers.toarray() @ weights_of(model), rtol=1e-5, atol=1e-6)
    items = torch.from_numpy(np.random.default_rng(2).integers(0, N_ITEMS, (N_USERS, 5)))
    assert torch.equal(model.score(query, items), scores.gather(1, items))


def test_progress_is_told_and_a_fit_can_be_cancelled():
    told = []
    fitted(SLIMConfig(), interactions(), FitOptions(on_progress=told.append))
    assert [each.epoch for each in told] == list(range(1, told[-1].epochs + 1))

    def stop() -> None:
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        fitted(SLIMConfig(), interactions(), FitOptions(heartbeat=stop))
