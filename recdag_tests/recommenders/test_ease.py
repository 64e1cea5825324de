import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from recdag.errors import TrainingError
from recdag.recommenders.base import Query
from recdag.recommenders.ease import EASEConfig
from recdag.recommenders.ease import model as ease
from recdag.recommenders.ease.model import EASE
from recdag.recommenders.shared import sparse_ops
from recdag.training.data import TrainingData
from recdag.training.options import FitOptions

N_USERS, N_ITEMS = 60, 17


@pytest.fixture
def x() -> csr_array:
    rng = np.random.default_rng(0)
    return csr_array((rng.random((N_USERS, N_ITEMS)) < 0.3).astype(np.float32))


def test_weights_are_the_ridge_regressions_of_each_item_on_all_others(x: csr_array) -> None:
    model = EASE(EASEConfig(l2=3.0))
    model.fit(TrainingData(x, x), FitOptions())
    dense = x.toarray().astype(np.float64)
    expected = np.zeros((N_ITEMS, N_ITEMS))
    for j in range(N_ITEMS):
        others = np.delete(np.arange(N_ITEMS), j)
        a = dense[:, others]
        ridge = np.linalg.solve(a.T @ a + 3.0 * np.eye(N_ITEMS - 1), a.T @ dense[:, j])
        expected[others, j] = ridge

    weights = model.parameters_state()["weights"]
    assert weights.is_contiguous()
    np.testing.assert_allclose(weights, expected, atol=2e-6)
    np.testing.assert_allclose(model.score(Query(np.full(N_USERS, -1), x)), dense @ expected, atol=1e-5)


@pytest.mark.parametrize("block_bytes", [4 * N_USERS * 5, 1 << 20])
def test_fewer_users_than_items_give_the_same_scores(
    block_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form by users scores as that by items does."""
    monkeypatch.setattr(ease, "BLOCK_BYTES", block_bytes)
    rng = np.random.default_rng(1)
    wide = csr_array((rng.random((N_USERS, 3 * N_USERS)) < 0.1).astype(np.float32))
    by_users, by_items = EASE(EASEConfig(l2=3.0)), EASE(EASEConfig(l2=3.0))
    by_users.fit(TrainingData(wide, wide), FitOptions())
    by_items._solution = ease.ByItems.solve(wide, 3.0, FitOptions())
    again = EASE(EASEConfig(l2=3.0))
    again.load_parameters(by_users.parameters_state())
    unseen = csr_array((rng.random((5, 3 * N_USERS)) < 0.2).astype(np.float32))
    for history in (wide, unseen):
        query = Query(np.full(history.shape[0], -1), history)
        torch.testing.assert_close(again.score(query), by_items.score(query), atol=2e-6, rtol=1e-5)


def test_candidates_are_columns_of_all_scores(x: csr_array, monkeypatch: pytest.MonkeyPatch) -> None:
    model = EASE(EASEConfig(l2=3.0))
    model.fit(TrainingData(x, x), FitOptions())
    again = EASE(EASEConfig(l2=3.0))
    again.load_parameters(model.parameters_state())
    query = Query(np.arange(N_USERS), x)
    items = torch.from_numpy(np.random.default_rng(2).integers(0, N_ITEMS, (N_USERS, 4)))
    monkeypatch.setattr(sparse_ops, "CANDIDATE_BLOCK_BYTES", 4 * N_ITEMS * 9)

    torch.testing.assert_close(again.score(query, items), model.score(query).gather(1, items))


def test_too_small_a_penalty_is_named() -> None:
    twins = csr_array(np.ones((30, 5), np.float32))

    with pytest.raises(TrainingError, match="Raise l2"):
        EASE(EASEConfig(l2=1e-12)).fit(TrainingData(twins, twins), FitOptions())
