import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from recdag.recommenders.base import Query
from recdag.recommenders.item_knn import ItemKNNConfig
from recdag.recommenders.item_knn import model as item_knn
from recdag.recommenders.item_knn.model import ItemKNN
from recdag.recommenders.shared import sparse_ops
from recdag.training.data import TrainingData
from recdag.training.options import FitOptions

N_USERS, N_ITEMS = 50, 31


def interactions(seed: int = 0) -> csr_array:
    rng = np.random.default_rng(seed)
    dense = (rng.random((N_USERS, N_ITEMS)) < rng.random(N_ITEMS) * 0.5).astype(np.float32)
    dense[:, 7] = 0
    dense[3] = 0
    return csr_array(dense)


def brute_force(x: np.ndarray, config: ItemKNNConfig) -> np.ndarray:
    """(source, target) weights, cell by cell."""
    x = x.astype(np.float64)
    m = x.shape[1]
    item_weight = np.ones(m)
    if config.weighting != "none":
        user_weight = np.maximum(np.log(m / (1 + x.sum(1))), 0)
        if config.weighting == "bm25":
            item_weight = 2.2 / (1.2 * (0.25 + 0.75 * x.sum(0) / x.sum(0).mean()) + 1)
        x = x * user_weight[:, None] * item_weight
    weights = np.zeros((m, m))
    for i in range(m):
        similarity = np.zeros(m)
        for j in range(m):
            dot, a, b = x[:, i] @ x[:, j], x[:, i] @ x[:, i], x[:, j] @ x[:, j]
            if i == j or dot == 0:
                continue
            similarity[j] = {
                "cosine": dot / (np.sqrt(a * b) + config.shrink),
                "asymmetric_cosine": dot / (a**config.alpha * b ** (1 - config.alpha) + config.shrink),
                "jaccard": dot / (a + b - dot + config.shrink),
                "dice": 2 * dot / (a + b + config.shrink),
            }[config.similarity]
        similarity[np.argsort(-similarity, kind="stable")[config.neighbours :]] = 0
        if config.normalize and similarity.sum() > 0:
            similarity /= similarity.sum()
        weights[:, i] = similarity * item_weight
    return weights


@pytest.mark.parametrize(
    "config",
    [
        ItemKNNConfig(neighbours=N_ITEMS),
        ItemKNNConfig(neighbours=1000, shrink=3.5),
        ItemKNNConfig(similarity="asymmetric_cosine", alpha=0.2, neighbours=N_ITEMS),
        ItemKNNConfig(similarity="jaccard", shrink=2.0, neighbours=N_ITEMS),
        ItemKNNConfig(similarity="dice", shrink=2.0, neighbours=N_ITEMS, normalize=True),
        ItemKNNConfig(weighting="tfidf", neighbours=6),
        ItemKNNConfig(weighting="bm25", shrink=1.0, neighbours=6, normalize=True),
    ],
)
def test_scores_equal_brute_force(config: ItemKNNConfig) -> None:
    x = interactions()
    model = ItemKNN(config)
    model.fit(TrainingData(x, x), FitOptions())
    strangers = interactions(1)

    scores = model.score(Query(np.full(N_USERS, -1), strangers))

    np.testing.assert_allclose(
        scores, strangers.toarray() @ brute_force(x.toarray(), config), rtol=2e-5, atol=1e-6
    )


def test_neighbours_are_kept_per_target() -> None:
    # Item 3 goes along with item 0 in one of two users; item 0 has better targets than item 3.
    dense = np.zeros((12, 4), np.float32)
    dense[:10, :3] = 1
    dense[0, 3] = dense[11, 3] = 1
    x = csr_array(dense)
    model = ItemKNN(ItemKNNConfig(neighbours=1))
    model.fit(TrainingData(x, x), FitOptions())

    score = model.score(Query(np.array([-1]), csr_array(np.array([[1, 1, 1, 0]], np.float32))))

    assert score[0, 3] > 0


def test_blocks_and_candidates_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    x = interactions()
    query = Query(np.arange(N_USERS), x)
    items = torch.from_numpy(np.random.default_rng(2).integers(0, N_ITEMS, (N_USERS, 5)))
    model = ItemKNN(ItemKNNConfig(neighbours=5, weighting="bm25"))
    model.fit(TrainingData(x, x), FitOptions())
    whole = model.score(query)
    monkeypatch.setattr(item_knn, "BLOCK_BYTES", 4 * N_ITEMS * 7)
    monkeypatch.setattr(sparse_ops, "CANDIDATE_BLOCK_BYTES", 4 * N_ITEMS * 7)
    model.fit(TrainingData(x, x), FitOptions())

    assert torch.equal(model.score(query), whole)
    assert torch.equal(model.score(query, items), whole.gather(1, items))
