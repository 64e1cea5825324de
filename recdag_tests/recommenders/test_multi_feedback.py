"""MF, M-MLP and both: the network pair by pair, whose gradient reaches what, negatives, resume, quality."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from recdag.datasets.simulator import BEHAVIOURS, simulate
from recdag.evaluation.experiment import evaluate
from recdag.evaluation.protocols import ProtocolOptions, build_split, protocol
from recdag.evaluation.split import Interactions, Split
from recdag.recommenders.base import Query
from recdag.recommenders.item_pop import ItemPopConfig
from recdag.recommenders.item_pop.model import ItemPop
from recdag.recommenders.multi_feedback import MFConfig, MFMMLPConfig, MMLPConfig
from recdag.recommenders.multi_feedback.feedback import FeedbackSampler, FeedbackTable
from recdag.recommenders.multi_feedback.model import MF, MFMMLP, MMLP
from recdag.recommenders.multi_feedback.network import FeedbackNetwork, initial_parameters
from recdag.training.data import TrainingData
from recdag.training.options import FitOptions

CPU = torch.device("cpu")
FAST: dict[str, Any] = {"factors": 4, "epochs": 4, "batch_size": 64, "learning_rate": 0.02}
MODELS = [
    (MF, MFConfig(**FAST)),
    (MMLP, MMLPConfig(sampler="mixed", **FAST)),
    (MFMMLP, MFMMLPConfig(branches_learn="by_item", loss="bce", **FAST)),
]
# with MF, hidden layers, branches
SHAPES = [(True, 0, 1), (False, 1, 3), (False, 3, 2), (True, 1, 1), (True, 2, 4)]


def small_data(seed: int = 0, behaviours: int = 2) -> TrainingData:
    """30 users and 20 items; the last user chose items and gave no other feedback."""
    rng = np.random.default_rng(seed)
    positives = csr_array((rng.random((30, 20)) < 0.2).astype(np.float32))
    supportive = {}
    for number in range(behaviours):
        counts = rng.integers(1, 4, (30, 20)) * (rng.random((30, 20)) < 0.3)
        counts[-1] = 0
        supportive[f"behaviour {number}"] = csr_array(counts.astype(np.float32))
    return TrainingData(positives, positives, supportive)


@pytest.fixture(scope="module")
def shop() -> Split:
    """A small simulated shop under leave-one-out."""
    simulation = simulate(n_users=600, n_items=400)
    bought, *others = (simulation.counts(name) for name in ("purchase", *BEHAVIOURS[:3]))
    user, item = bought.nonzero()
    supportive = {
        name: csr_array(counts.astype(np.float32))
        for name, counts in zip(BEHAVIOURS[:3], others, strict=True)
    }
    strength = bought[user, item].astype(np.float32)
    interactions = Interactions(
        600, 400, user.astype(np.int32), item.astype(np.int32), strength, supportive=supportive
    )
    return build_split(interactions, protocol("leave_one_out").assign(interactions, ProtocolOptions()))


def everyone(data: TrainingData) -> Query:
    return Query(np.arange(data.n_users), data.positives)


def random_parameters(mf: bool, layers: int, branches: int, factors: int = 3) -> dict[str, torch.Tensor]:
    """Parameters of 5 users and 7 items far from their small starting values."""
    torch.manual_seed(1)
    return initial_parameters(5, 7, factors, mf=mf, layers=layers, branches=branches, std=1.0, device=CPU)


def naive_logit(
    parameters: dict[str, torch.Tensor], user: int, item: int, learning: list[bool] | None = None
) -> torch.Tensor:
    """Equations 1 to 7, one pair and one branch at a time."""
    has_mf, has_mlp = "mf_user" in parameters, "mlp_user" in parameters
    if has_mf:
        product = parameters["mf_user"][user] * parameters["mf_item"][item]
        if not has_mlp:
            return product.sum()
    first = torch.cat([parameters["mlp_user"][user], parameters["mlp_item"][item]])
    factors = len(first) // 2
    tops = []
    for branch in range(len(parameters["first_bias"]) // factors):
        columns = slice(branch * factors, (branch + 1) * factors)
        weight, bias = parameters["first_weight"][:, columns], parameters["first_bias"][columns]
        y = torch.relu(weight.T @ first + bias)
        layer = 1
        while f"branch_weight_{layer}" in parameters:
            weight = parameters[f"branch_weight_{layer}"][branch]
            y = torch.relu(weight.T @ y + parameters[f"branch_bias_{layer}"][branch])
            layer += 1
        tops.append(y if learning is None or learning[branch] else y.detach())
    fused = parameters["fusion_weight"].T @ torch.cat(tops) + parameters["fusion_bias"]
    if not has_mf:
        return fused[0]
    return parameters["output"] @ torch.cat([product, torch.relu(fused)])


@pytest.mark.parametrize(("mf", "layers", "branches"), SHAPES)
@pytest.mark.parametrize("budget", [1, 2**26])
def test_scores_are_those_of_each_pair(
    mf: bool, layers: int, branches: int, budget: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recdag.recommenders.multi_feedback.network.SCORING_BYTES", budget)
    parameters = random_parameters(mf, layers, branches)
    network, users = FeedbackNetwork(parameters), torch.tensor([4, 0, 4])
    everything = torch.stack([
        torch.stack([naive_logit(parameters, int(user), item) for item in range(7)]) for user in users
    ])  # fmt: skip
    torch.testing.assert_close(network.score(users), everything)
    items = torch.tensor([[6, 0], [3, 3], [1, 5]])
    torch.testing.assert_close(network.score(users, items), everything.gather(1, items))
    torch.testing.assert_close(network.logits(users, items), everything.gather(1, items))


@pytest.mark.parametrize(("mf", "layers", "branches"), SHAPES[1:])
@pytest.mark.parametrize("shared", [False, True])
def test_gradient_stops_at_branches_that_do_not_learn(
    mf: bool, layers: int, branches: int, shared: bool
) -> None:
    users, items = torch.tensor([3, 0, 3]), torch.tensor([[0, 1], [6, 6], [2, 4]])
    learning = torch.rand(3, 1 if shared else 2, branches) < 0.5
    parameters = {
        name: value.requires_grad_() for name, value in random_parameters(mf, layers, branches).items()
    }
    logits = FeedbackNetwork(parameters).logits(users, items, learning)
    logits.square().sum().backward()
    mine = {name: value.grad.clone() for name, value in parameters.items() if value.grad is not None}
    for value in parameters.values():
        value.grad = None
    wanted = torch.stack([
        torch.stack([
            naive_logit(parameters, int(user), int(item), learning[g, 0 if shared else s].tolist())
            for s, item in enumerate(items[g])
        ])
        for g, user in enumerate(users)
    ])  # fmt: skip
    torch.testing.assert_close(logits, wanted)
    wanted.square().sum().backward()
    for name, value in parameters.items():
        torch.testing.assert_close(mine[name], value.grad, rtol=1e-4, atol=1e-5)


def test_a_branch_without_feedback_moves_nothing() -> None:
    parameters = {name: value.requires_grad_() for name, value in random_parameters(True, 2, 3).items()}
    users, items = torch.tensor([1, 2]), torch.tensor([[0, 3], [4, 5]])
    only_last = torch.tensor([False, False, True]).expand(2, 2, 3)
    FeedbackNetwork(parameters).logits(users, items, only_last).sum().backward()
    weight, deeper = parameters["first_weight"].grad, parameters["branch_weight_1"].grad
    assert weight is not None and deeper is not None
    assert not weight[:, :6].any() and not deeper[:2].any()
    assert weight[:, 6:].any() and deeper[2].any()

    for value in parameters.values():
        value.grad = None
    FeedbackNetwork(parameters).logits(users, items, torch.zeros(2, 1, 3, dtype=torch.bool)).sum().backward()
    for name in ("mlp_user", "mlp_item", "first_weight", "branch_weight_1"):
        gradient = parameters[name].grad
        assert gradient is None or not gradient.any()
    fusion, of_mf = parameters["fusion_weight"].grad, parameters["mf_user"].grad
    assert fusion is not None and fusion.any() and of_mf is not None and of_mf.any()


def test_which_branches_learn() -> None:
    data = small_data()
    users, items = torch.tensor([0, 5, 29]), torch.tensor([[0, 1, 2], [3, 4, 5], [6, 7, 8]])
    given = np.stack([counts.toarray() > 0 for counts in data.supportive.values()], -1)
    given = given[users[:, None].numpy(), items.numpy()]
    target = np.ones((3, 3, 1), bool)
    model = MMLP(MMLPConfig(branches_learn="by_item"))
    model._feedback = FeedbackTable(data, CPU)
    by_item = model._learning(users, items)
    assert by_item is not None
    np.testing.assert_array_equal(by_item.numpy(), np.concatenate([target, given], -1))
    model.config = MMLPConfig(branches_learn="by_pair")
    by_pair = model._learning(users, items)
    assert by_pair is not None
    np.testing.assert_array_equal(by_pair.numpy(), np.concatenate([target, given], -1)[:, :1])


@pytest.mark.parametrize("behaviours", [0, 1, 3])
def test_table_holds_the_counts(behaviours: int) -> None:
    data = small_data(behaviours=behaviours)
    users = torch.arange(30)
    items = torch.arange(20).repeat(30, 1)
    counts = [counts.toarray() for counts in data.supportive.values()]
    expected = np.stack(counts, -1) if counts else np.empty((30, 20, 0))
    np.testing.assert_array_equal(FeedbackTable(data, CPU)(users, items).numpy(), expected)


def test_supportive_negatives_are_met_and_not_chosen() -> None:
    data = small_data()
    torch.manual_seed(0)
    sampler = FeedbackSampler(data, 1.0, CPU)
    users = torch.arange(30).repeat_interleave(2000)
    drawn = np.zeros((30, 20))
    np.add.at(drawn, (users.numpy(), sampler.draw(users).numpy()), 1)
    chosen = data.positives.toarray() > 0
    met = sum(counts.toarray() for counts in data.supportive.values()) > 0
    allowed = met & ~chosen
    assert not drawn[chosen].any()
    np.testing.assert_array_equal(drawn[:29] > 0, allowed[:29])
    np.testing.assert_array_equal(drawn[29] > 0, ~chosen[29])
    expected = 2000 * allowed[:29] / allowed[:29].sum(1, keepdims=True)
    # chi-squared: its mean is the number of cells less one a user
    freedom = allowed[:29].sum() - 29
    statistic = ((drawn[:29] - expected) ** 2 / np.maximum(expected, 1)).sum()
    assert abs(statistic - freedom) < 5 * np.sqrt(2 * freedom)


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_mixed_negatives_keep_their_share(share: float) -> None:
    data = small_data()
    torch.manual_seed(0)
    users = torch.arange(29).repeat_interleave(2000)
    items = FeedbackSampler(data, share, CPU).draw(users)
    chosen = data.positives.toarray() > 0
    only_met = (sum(counts.toarray() for counts in data.supportive.values()) > 0) & ~chosen
    assert not chosen[users, items].any()
    by_chance = (only_met.sum(1) / (~chosen).sum(1))[:29].mean()
    assert only_met[users, items].mean() == pytest.approx(share + (1 - share) * by_chance, abs=0.01)


@pytest.mark.parametrize("loss", ["pairwise", "bce"])
def test_loss_is_the_formula(loss: Any) -> None:
    torch.manual_seed(0)
    logits = torch.randn(5, 4, dtype=torch.float64)
    p = torch.sigmoid(logits)
    expected = -torch.log(torch.sigmoid(logits[:, :1] - logits[:, 1:])).mean()
    if loss == "bce":
        expected = -(torch.log(p[:, 0]).sum() + torch.log(1 - p[:, 1:]).sum()) / 20
    torch.testing.assert_close(MF(MFConfig(loss=loss))._loss(logits), expected)


def test_a_batch_is_the_mean_of_its_pairs() -> None:
    model = MFMMLP(MFMMLPConfig(**{**FAST, "epochs": 1, "init_std": 0.5}))
    model.fit(small_data(), FitOptions())
    batches = list(model._sampler.batches(16, 3))[:1]
    users, items = batches[0]

    def gradient(users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        model.optimizer.zero_grad()
        model._loss(model._network.logits(users, items, model._learning(users, items))).backward()
        return torch.cat([value.grad.flatten() for value in model._network.parameters.values()])

    one_by_one = torch.stack([gradient(users[g : g + 1], items[g : g + 1]) for g in range(16)])
    torch.testing.assert_close(gradient(users, items), one_by_one.mean(0), rtol=1e-4, atol=1e-6)


def test_batches_of_one_learn() -> None:
    model = MFMMLP(MFMMLPConfig(**{**FAST, "epochs": 3, "batch_size": 1, "init_std": 0.1}))
    losses = [row.value for row in model.fit(small_data(), FitOptions()).rows]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(("model_class", "config"), MODELS)
def test_without_supportive_feedback_the_target_learns_alone(model_class: Any, config: Any) -> None:
    full = small_data()
    data = TrainingData(full.positives, full.strength)
    model = model_class(config.replace(sampler="supportive"))
    history = model.fit(data, FitOptions())
    parameters = model.parameters_state()
    if "first_bias" in parameters:
        assert len(parameters["first_bias"]) == 4
    assert torch.isfinite(model.score(everyone(data))).all()
    assert history.rows[-1].value < history.rows[0].value


@pytest.mark.parametrize(
    ("model_class", "config"),
    [
        (MF, MFConfig(epochs=5, learning_rate=0.01, batch_size=256)),
        (MMLP, MMLPConfig(epochs=9, learning_rate=0.02, batch_size=256, init_std=0.1)),
        (MFMMLP, MFMMLPConfig(factors=8, epochs=4, learning_rate=0.01, batch_size=256)),
    ],
)
def test_ranks_purchases_better_than_popularity(model_class: Any, config: Any, shop: Split) -> None:
    popularity, model = ItemPop(ItemPopConfig()), model_class(config)
    popularity.fit(shop.train, FitOptions())
    model.fit(shop.train, FitOptions())
    floor, reached = (
        evaluate(each, shop.test, ["ndcg@10"]).aggregates["ndcg@10"] for each in (popularity, model)
    )
    assert reached > floor + 0.03
