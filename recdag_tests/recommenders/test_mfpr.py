"""MFPR (adapted): scores and gradient against the formulas, own feedback, resume, quality."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from recdag.datasets.simulator import BEHAVIOURS, simulate
from recdag.evaluation.experiment import evaluate
from recdag.evaluation.protocols import ProtocolOptions, build_split, protocol
from recdag.evaluation.split import Interactions
from recdag.recommenders.base import Query
from recdag.recommenders.item_pop import ItemPopConfig
from recdag.recommenders.item_pop.model import ItemPop
from recdag.recommenders.multi_feedback import MFPRConfig
from recdag.recommenders.multi_feedback.mfpr import MFPR
from recdag.training.data import TrainingData
from recdag.training.options import FitOptions

SMALL = MFPRConfig(
    factors=4, epochs=4, batch_size=64, learning_rate=0.05, init_std=0.5, l2=0.1, sampler="mixed"
)


def small_data(behaviours: int = 2) -> TrainingData:
    """30 users and 20 items; the last user chose items and gave no other feedback."""
    rng = np.random.default_rng(0)
    positives = csr_array((rng.random((30, 20)) < 0.2).astype(np.float32))
    supportive = {}
    for number in range(behaviours):
        counts = rng.integers(1, 4, (30, 20)) * (rng.random((30, 20)) < 0.3)
        counts[-1] = 0
        supportive[f"behaviour {number}"] = csr_array(counts.astype(np.float32))
    return TrainingData(positives, positives, supportive)


def everyone(data: TrainingData) -> Query:
    return Query(np.arange(data.n_users), data.positives)


def formula(
    parameters: dict[str, torch.Tensor], data: TrainingData, own_feedback: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """All scores (n, m), and the users' vectors (n, K), from dense matrices."""
    users, tables = parameters["user"], parameters["met"].view(len(data.supportive), data.n_items, -1)
    scores = parameters["item_bias"].expand(data.n_users, -1)
    for counts, y in zip(data.supportive.values(), tables, strict=True):
        met = torch.as_tensor(counts.toarray() > 0, dtype=torch.float32)
        share = met / met.sum(1, keepdim=True).clamp(min=1).sqrt()
        users = users + share @ y
        if not own_feedback:
            scores = scores - share * (y * parameters["item"]).sum(1)
    return scores + users @ parameters["item"].T, users


@pytest.mark.parametrize("own_feedback", [True, False])
def test_scores_are_the_formula(own_feedback: bool) -> None:
    data = small_data()
    model = MFPR(SMALL.replace(own_feedback=own_feedback))
    model.fit(data, FitOptions())
    expected, _ = formula(model.parameters, data, own_feedback)
    torch.testing.assert_close(model.score(everyone(data)), expected, rtol=1e-4, atol=1e-5)
    query = everyone(data)[np.array([29, 3, 3])]
    items = torch.tensor([[0, 19], [7, 7], [5, 1]])
    wanted = expected[query.users].gather(1, items)
    torch.testing.assert_close(model.score(query), expected[query.users], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(model.score(query, items), wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("own_feedback", [True, False])
def test_gradient_is_that_of_autograd(own_feedback: bool) -> None:
    data = small_data()
    model = MFPR(SMALL.replace(own_feedback=own_feedback))
    model.fit(data, FitOptions())
    users, items = next(iter(model._sampler.batches(40, 3)))
    model._backpropagate(users, items)
    loss = model._backpropagate(users, items)
    leaves = {name: value.detach().clone().requires_grad_() for name, value in model.parameters.items()}
    scores, vectors = formula(leaves, data, own_feedback)
    of_pairs = scores[users[:, None], items]
    counts = torch.as_tensor(sum(each.toarray() for each in data.supportive.values()))
    weight = 1 / (1 + counts[users[:, None], items[:, 1:]])
    plain = -(weight * torch.log(torch.sigmoid(of_pairs[:, :1] - of_pairs[:, 1:]))).mean()
    squares = leaves["item"].square().sum(1)[items]
    penalty = vectors[users].square().sum(1, keepdim=True) + squares[:, :1] + squares[:, 1:]
    (plain + SMALL.l2 / 2 * penalty.mean()).backward()
    torch.testing.assert_close(loss, plain.detach())
    for name, leaf in leaves.items():
        torch.testing.assert_close(model.parameters[name].grad, leaf.grad, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("own_feedback", [True, False])
def test_without_supportive_feedback_it_is_a_factorization(own_feedback: bool) -> None:
    data = small_data(behaviours=0)
    model = MFPR(SMALL.replace(own_feedback=own_feedback, sampler="supportive", epochs=8))
    rows = model.fit(data, FitOptions()).rows
    assert rows[-1].value < rows[0].value
    parameters = model.parameters
    expected = parameters["user"] @ parameters["item"].T + parameters["item_bias"]
    torch.testing.assert_close(model.score(everyone(data)), expected)


@pytest.mark.parametrize("own_feedback", [True, False])
def test_ranks_purchases_better_than_popularity(own_feedback: bool) -> None:
    simulation = simulate(n_users=600, n_items=400)
    bought = simulation.counts("purchase")
    user, item = bought.nonzero()
    supportive = {name: csr_array(simulation.counts(name).astype(np.float32)) for name in BEHAVIOURS[:3]}
    strength = bought[user, item].astype(np.float32)
    interactions = Interactions(
        600, 400, user.astype(np.int32), item.astype(np.int32), strength, supportive=supportive
    )
    split = build_split(interactions, protocol("leave_one_out").assign(interactions, ProtocolOptions()))
    popularity = ItemPop(ItemPopConfig())
    popularity.fit(split.train, FitOptions())
    model = MFPR(MFPRConfig(epochs=8, learning_rate=0.02, batch_size=512, own_feedback=own_feedback))
    model.fit(split.train, FitOptions())
    floor, reached = (
        evaluate(each, split.test, ["ndcg@10"]).aggregates["ndcg@10"] for each in (popularity, model)
    )
    assert reached > floor + 0.05
