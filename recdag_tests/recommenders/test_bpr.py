"""BPR: both gradients against autograd, LearnBPR as its special case, resume, quality."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from recdag.recommenders.base import Query
from recdag.recommenders.bpr import BPRConfig
from recdag.recommenders.bpr import model as bpr
from recdag.recommenders.bpr.model import BPR
from recdag.training import loop
from recdag.training.data import TrainingData
from recdag.training.options import FitOptions

SMALL = BPRConfig(factors=6, epochs=6, batch_size=64, learning_rate=0.05)


def tastes(seed: int = 0) -> tuple[TrainingData, np.ndarray]:
    """Users who choose half of one of three groups of items; (n, m) bool of the other half."""
    rng = np.random.default_rng(seed)
    liked = rng.integers(0, 3, (60, 1)) == np.arange(45) % 3
    chosen = liked & (rng.random((60, 45)) < 0.5)
    chosen[:, 0] = True
    positives = csr_array(chosen.astype(np.float32))
    return TrainingData(positives, positives), liked & ~chosen


def auc(scores: np.ndarray, data: TrainingData, held_out: np.ndarray) -> float:
    """Share of (held-out, other unseen) pairs of a user in the right order."""
    other = ~held_out & (data.positives.toarray() == 0)
    shares = [
        (scores[u, held_out[u]][:, None] > scores[u, other[u]]).mean()
        for u in range(len(scores))
        if held_out[u].any()
    ]
    return float(np.mean(shares))


def everyone(data: TrainingData) -> Query:
    return Query(np.arange(data.n_users), data.positives)


def random_parameters(n: int, m: int, factors: int) -> dict[str, torch.Tensor]:
    torch.manual_seed(2)
    parameters = {
        "user": torch.randn(n, factors),
        "item": torch.randn(m, factors),
        "item_bias": torch.randn(m),
    }
    for value in parameters.values():
        value.grad = torch.zeros_like(value)
    return parameters


def objective(
    parameters: dict[str, torch.Tensor], users: torch.Tensor, items: torch.Tensor, l2: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """The loss as the paper writes it, with and without the penalty."""
    p, vectors = parameters["user"][users], parameters["item"][items]
    scores = (p[:, None] * vectors).sum(-1) + parameters["item_bias"][items]
    loss = -torch.log(torch.sigmoid(scores[:, 0] - scores[:, 1])).sum()
    penalty = p.square().sum() + vectors.square().sum()
    return loss + l2 / 2 * penalty, loss


@pytest.mark.parametrize("accumulate", [bpr._accumulate, bpr._accumulate_on_cpu])
def test_gradient_is_that_of_autograd(accumulate: Callable[..., Any]) -> None:
    users, items = torch.tensor([0, 3, 3, 1, 0]), torch.tensor([[1, 2], [2, 1], [0, 4], [4, 2], [1, 3]])
    parameters = random_parameters(4, 5, 7)
    loss = accumulate(parameters, users, items, 0.3)
    mine = {name: value.grad for name, value in parameters.items()}
    leaves = {name: value.clone().requires_grad_() for name, value in parameters.items()}
    total, plain = objective(leaves, users, items, 0.3)
    total.backward()
    assert float(loss) == pytest.approx(plain.item(), rel=1e-5)
    for name, leaf in leaves.items():
        torch.testing.assert_close(mine[name], leaf.grad, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("accumulate", [bpr._accumulate, bpr._accumulate_on_cpu])
@pytest.mark.parametrize("margin", [-200.0, 200.0])
def test_far_margins_stay_finite(accumulate: Callable[..., Any], margin: float) -> None:
    parameters = random_parameters(1, 2, 1)
    parameters["item_bias"].copy_(torch.tensor([margin, 0.0]))
    loss = accumulate(parameters, torch.tensor([0]), torch.tensor([[0, 1]]), 0.0)
    assert float(loss) == pytest.approx(max(-margin, 0), abs=5)
    assert all(torch.isfinite(value.grad).all() for value in parameters.values())


def test_one_triple_a_step_with_sgd_is_learn_bpr() -> None:
    """Figure 4 of Rendle et al.: theta += rate * (sigmoid(-x) dx/dtheta - l2 theta), triple by triple."""
    data, _ = tastes()
    config = SMALL.replace(optimizer="sgd", batch_size=1, learning_rate=0.1, l2=0.02)
    model = BPR(config.replace(epochs=1))
    model.fit(data, FitOptions(seed=4))

    start = BPR(config.replace(epochs=1, learning_rate=1e-30))
    start.fit(data, FitOptions(seed=4))
    p, q, b = (value.double().numpy().copy() for value in start.parameters_state().values())
    loop.seed_everything(4, "fit", 1)
    for users, items in start._sampler.batches(1, 1):
        u, i, j = int(users), int(items[0, 0]), int(items[0, 1])
        slope = 1 / (1 + np.exp(p[u] @ (q[i] - q[j]) + b[i] - b[j]))
        steps = slope * (q[i] - q[j]) - 0.02 * p[u], slope * p[u] - 0.02 * q[i], -slope * p[u] - 0.02 * q[j]
        p[u] += 0.1 * steps[0]
        q[i] += 0.1 * steps[1]
        q[j] += 0.1 * steps[2]
        b[i] += 0.1 * slope
        b[j] -= 0.1 * slope
    for learned, expected in zip(model.parameters_state().values(), (p, q, b), strict=True):
        np.testing.assert_allclose(learned.numpy(), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("optimizer", "rate"), [("adam", 0.05), ("adagrad", 0.2), ("sgd", 0.1)])
def test_learns_tastes_better_than_popularity(optimizer: Any, rate: float) -> None:
    data, held_out = tastes()
    model = BPR(SMALL.replace(epochs=30, optimizer=optimizer, learning_rate=rate))
    history = model.fit(data, FitOptions())
    losses = [row.value for row in history.rows if row.name == "loss"]
    assert losses[-1] < 0.5 * losses[0]
    popularity = np.tile(data.positives.sum(axis=0), (data.n_users, 1))
    assert auc(model.score(everyone(data)).numpy(), data, held_out) > auc(popularity, data, held_out) + 0.3


def test_without_bias_there_is_none() -> None:
    data, _ = tastes()
    model = BPR(SMALL.replace(item_bias=False))
    model.fit(data, FitOptions())
    assert not model.parameters_state()["item_bias"].any()
