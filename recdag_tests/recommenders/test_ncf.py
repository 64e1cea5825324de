"""GMF, MLP, NeuMF: the network pair by pair, its gradient by autograd, pre-training, resume."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from recdag.recommenders.base import Query
from recdag.recommenders.ncf import GMFConfig, MLPConfig, NeuMFConfig, PretrainedNeuMFConfig
from recdag.recommenders.ncf.model import GMF, MLP, NeuMF, PretrainedNeuMF, join
from recdag.recommenders.ncf.network import NCFNetwork, initial_parameters, tower
from recdag.training.data import TrainingData
from recdag.training.options import FitOptions

CPU = torch.device("cpu")
FAST: dict[str, Any] = {"epochs": 3, "batch_size": 100, "learning_rate": 0.02}
PRETRAINED = PretrainedNeuMFConfig(
    factors=4, epochs=3, batch_size=100, learning_rate=0.5, gmf_epochs=3, mlp_epochs=4,
    gmf_learning_rate=0.02, mlp_learning_rate=0.02, pretrain_batch_size=100,
)  # fmt: skip
MODELS = [
    (GMF, GMFConfig(factors=4, **FAST)),
    (MLP, MLPConfig(factors=4, **FAST)),
    (MLP, MLPConfig(factors=4, layers=0, **FAST)),
    (NeuMF, NeuMFConfig(factors=4, layers=2, **FAST)),
    (PretrainedNeuMF, PRETRAINED),
]
SHAPES = [(3, []), (0, [4, 1]), (0, [4]), (0, [6, 4, 2]), (3, [6, 4, 2]), (2, [8, 8, 4, 2]), (1, [2])]


@pytest.fixture(scope="module")
def tastes() -> tuple[TrainingData, np.ndarray]:
    """Users who choose half of one of three groups of items; (n, m) bool of the other half."""
    rng = np.random.default_rng(0)
    liked = rng.integers(0, 3, (60, 1)) == np.arange(45) % 3
    chosen = liked & (rng.random((60, 45)) < 0.5)
    chosen[:, 0] = True
    positives = csr_array(chosen.astype(np.float32))
    return TrainingData(positives, positives), liked & ~chosen


def everyone(data: TrainingData) -> Query:
    return Query(np.arange(data.n_users), data.positives)


def auc(scores: np.ndarray, data: TrainingData, held_out: np.ndarray) -> float:
    """Share of (held-out, other unseen) pairs of a user in the right order, ties counting half."""
    other = ~held_out & (data.positives.toarray() == 0)
    shares = []
    for user in np.flatnonzero(held_out.any(1)):
        margins = scores[user, held_out[user]][:, None] - scores[user, other[user]]
        shares.append((np.sign(margins) + 1).mean() / 2)
    return float(np.mean(shares))


def random_parameters(gmf_width: int, widths: list[int]) -> dict[str, torch.Tensor]:
    """Parameters of 5 users and 7 items far from their small starting values."""
    torch.manual_seed(1)
    parameters = initial_parameters(5, 7, gmf_width, widths, CPU)
    return {name: torch.randn_like(value) for name, value in parameters.items()}


def naive_logit(parameters: dict[str, torch.Tensor], user: int, item: int) -> torch.Tensor:
    """Equations 9, 10 and 12, one pair at a time."""
    logit = parameters["output_bias"][0]
    if "gmf_user" in parameters:
        product = parameters["gmf_user"][user] * parameters["gmf_item"][item]
        logit = logit + parameters["gmf_output"] @ product
    if "mlp_user" in parameters:
        z = torch.cat([parameters["mlp_user"][user], parameters["mlp_item"][item]])
        layer = 0
        while f"mlp_bias_{layer}" in parameters:
            z = torch.relu(parameters[f"mlp_weight_{layer}"].T @ z + parameters[f"mlp_bias_{layer}"])
            layer += 1
        logit = logit + parameters[f"mlp_weight_{layer}"][:, 0] @ z
    return logit


@pytest.mark.parametrize(
    ("factors", "layers", "embedding", "widths"),
    [
        (8, 3, "repository", [64, 32, 16, 8]),
        (8, 3, "paper", [32, 32, 16, 8]),
        (8, 4, "repository", [128, 64, 32, 16, 8]),
        (8, 1, "repository", [16, 8]),
        (8, 0, "repository", [8]),
        (8, 0, "paper", [8]),
        (1, 1, "paper", [2, 1]),
    ],
)
def test_tower_halves_from_layer_to_layer(
    factors: int, layers: int, embedding: str, widths: list[int]
) -> None:
    assert tower(factors, layers, embedding) == widths


def test_start_is_that_of_the_published_code() -> None:
    torch.manual_seed(0)
    parameters = initial_parameters(3000, 2000, 8, [64, 32, 16, 8], CPU)
    for name in ("gmf_user", "gmf_item", "mlp_user", "mlp_item"):
        assert parameters[name].std().item() == pytest.approx(0.01, rel=0.02)
    bounds = {"mlp_weight_0": (6 / 96) ** 0.5, "mlp_weight_1": (6 / 48) ** 0.5, "mlp_weight_2": 0.5}
    for name, bound in bounds.items():
        assert 0.9 * bound < parameters[name].abs().max().item() <= bound
    output = torch.cat([parameters["gmf_output"], parameters["mlp_weight_3"][:, 0]])
    assert output.abs().max().item() <= (3 / 16) ** 0.5
    assert not any(value.any() for name, value in parameters.items() if "bias" in name)


@pytest.mark.parametrize(("gmf_width", "widths"), SHAPES)
@pytest.mark.parametrize("budget", [1, 2**26])
def test_logits_are_those_of_each_pair(
    gmf_width: int, widths: list[int], budget: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recdag.recommenders.ncf.network.SCORING_BYTES", budget)
    parameters = random_parameters(gmf_width, widths)
    network = NCFNetwork(parameters)
    users = torch.tensor([4, 0, 4])
    everything = torch.stack([
        torch.stack([naive_logit(parameters, int(user), item) for item in range(7)]) for user in users
    ])  # fmt: skip
    torch.testing.assert_close(network.logits(users), everything)
    items = torch.tensor([[6, 0], [3, 3], [1, 5]])
    torch.testing.assert_close(network.logits(users, items), everything.gather(1, items))


@pytest.mark.parametrize(("gmf_width", "widths"), SHAPES)
def test_gradient_is_that_of_autograd(gmf_width: int, widths: list[int]) -> None:
    users = torch.tensor([3, 0, 3, 1])
    items = torch.tensor([[0, 1, 2], [6, 6, 5], [2, 0, 4], [5, 1, 3]])
    parameters = random_parameters(gmf_width, widths)
    network = NCFNetwork(parameters)
    network.prepare_training()
    network.backpropagate(torch.tensor([2, 4]), torch.tensor([[0, 1, 2], [3, 4, 5]]))
    loss = network.backpropagate(users, items)

    leaves = {name: value.clone().requires_grad_() for name, value in parameters.items()}
    logits = torch.stack([
        naive_logit(leaves, int(user), int(item))
        for user, row in zip(users, items, strict=True) for item in row
    ])  # fmt: skip
    labels = torch.tensor([1.0, 0.0, 0.0]).repeat(4)
    expected = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels)
    expected.backward()
    assert loss.item() / 12 == pytest.approx(expected.item(), rel=1e-5)
    for name, leaf in leaves.items():
        torch.testing.assert_close(parameters[name].grad, leaf.grad, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("alpha", [0.5, 0.2])
def test_joined_logits_are_the_mix_of_both(alpha: float) -> None:
    gmf, mlp = random_parameters(3, []), random_parameters(0, [8, 4, 2])
    users = torch.arange(5)
    mixed = alpha * NCFNetwork(gmf).logits(users) + (1 - alpha) * NCFNetwork(mlp).logits(users)
    torch.testing.assert_close(NCFNetwork(join(gmf, mlp, alpha)).logits(users), mixed)


def test_pretraining_without_epochs_is_the_mix_of_two_fits(tastes: tuple[TrainingData, np.ndarray]) -> None:
    data, _ = tastes
    config = PRETRAINED.replace(epochs=0, alpha=0.3)
    model = PretrainedNeuMF(config)
    history = model.fit(data, FitOptions(seed=2))
    alone: dict[str, Any] = {"factors": 4, "batch_size": 100, "learning_rate": 0.02}
    gmf, mlp = GMF(GMFConfig(epochs=3, **alone)), MLP(MLPConfig(epochs=4, **alone))
    gmf.fit(data, FitOptions(seed=2).in_phase("gmf"))
    mlp.fit(data, FitOptions(seed=2).in_phase("mlp"))
    query = everyone(data)
    torch.testing.assert_close(model.score(query), 0.3 * gmf.score(query) + 0.7 * mlp.score(query))
    assert {row.phase for row in history.rows} == {"gmf", "mlp"}


@pytest.mark.parametrize(("model_class", "config"), MODELS)
def test_a_refit_of_what_was_selected_gives_the_selected_model(
    model_class: Any, config: Any, tastes: tuple[TrainingData, np.ndarray]
) -> None:
    data, _ = tastes
    qualities = iter([0.1, 0.3, 0.2, 0.3, 0.1, 0.5, 0.2, 0.1, 0.4, 0.2, 0.1])
    selected = model_class(config)
    history = selected.fit(data, FitOptions(validate=lambda model: next(qualities)))
    refit = model_class(config.replace(**history.selected))
    refit.fit(data, FitOptions())
    for name, value in selected.parameters_state().items():
        assert torch.equal(refit.parameters_state()[name], value)
    phases = (
        {"gmf_epochs": 2, "mlp_epochs": 3, "epochs": 1} if model_class is PretrainedNeuMF else {"epochs": 2}
    )
    assert history.selected == phases


def test_the_joined_parts_compete_before_any_step(tastes: tuple[TrainingData, np.ndarray]) -> None:
    data, _ = tastes
    qualities = iter([0.1, 0.3, 0.2, 0.1, 0.2, 0.3, 0.1, 0.6, 0.5, 0.6, 0.2])
    model = PretrainedNeuMF(PRETRAINED)
    history = model.fit(data, FitOptions(validate=lambda trained: next(qualities)))
    assert history.selected == {"gmf_epochs": 2, "mlp_epochs": 3, "epochs": 0}
    rows = [
        (row.epoch, row.value) for row in history.rows if row.phase == "neumf" and row.name == "validation"
    ]
    assert rows == [(0, 0.6), (1, 0.5), (2, 0.6), (3, 0.2)]


@pytest.mark.parametrize(
    ("model_class", "config"),
    [
        (GMF, GMFConfig(factors=4, epochs=40, batch_size=100, learning_rate=0.02)),
        (MLP, MLPConfig(factors=4, epochs=30, batch_size=100, learning_rate=0.01)),
        (NeuMF, NeuMFConfig(factors=4, epochs=30, batch_size=100, learning_rate=0.01)),
    ],
)
def test_learns_tastes_better_than_popularity(
    model_class: Any, config: Any, tastes: tuple[TrainingData, np.ndarray]
) -> None:
    data, held_out = tastes
    model = model_class(config)
    history = model.fit(data, FitOptions())
    losses = [row.value for row in history.rows]
    assert losses[-1] < 0.6 * losses[0]
    popularity = np.tile(data.positives.sum(axis=0), (data.n_users, 1))
    scores = model.score(everyone(data)).numpy()
    assert auc(scores, data, held_out) > auc(popularity, data, held_out) + 0.2


def test_without_hidden_layers_all_users_see_one_ranking(tastes: tuple[TrainingData, np.ndarray]) -> None:
    """Section 4.4: MLP-0 is not better than popularity, because it cannot be personal."""
    data, _ = tastes
    model = MLP(MLPConfig(factors=4, layers=0, **FAST))
    model.fit(data, FitOptions())
    scores = model.score(everyone(data))
    torch.testing.assert_close(
        scores - scores.mean(1, keepdim=True), (scores - scores.mean(1, keepdim=True))[:1].expand_as(scores)
    )
