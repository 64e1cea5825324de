"""CDAE: forward pass, both losses, unseen users, what it learns, and how a fit goes on after a stop."""

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array
from torch.testing import assert_close

from recdag.errors import Cancelled, DataError
from recdag.recommenders.base import Query
from recdag.recommenders.cdae import CDAEConfig
from recdag.recommenders.cdae.model import CDAE
from recdag.recommenders.cdae.network import CDAENetwork, CellLoss, corrupted, expected_weights, whole_input
from recdag.recommenders.shared.likelihoods import Targets
from recdag.training.data import TrainingData
from recdag.training.options import FitOptions

torch.set_num_threads(1)

N_USERS, N_ITEMS = 60, 24
SAMPLED = CDAEConfig(factors=8, epochs=6, batch_size=16, corruption=0.2)
FULL = CDAEConfig(
    form="full", factors=8, epochs=6, batch_size=16, corruption=0.3, hidden_activation="tanh",
    output_activation="tanh", l2=1e-4, learning_rate=0.01, init_scale=1.0, scale_input=True,
)  # fmt: skip
FORMS = [SAMPLED, SAMPLED.replace(tied=True, loss="logistic"), FULL, FULL.replace(tied=True)]


def communities(seed: int = 0) -> csr_array:
    """Users of three groups who choose mostly among their group's items."""
    rng = np.random.default_rng(seed)
    same = (np.arange(N_USERS)[:, None] % 3) == (np.arange(N_ITEMS) % 3)
    chosen = rng.random((N_USERS, N_ITEMS)) < np.where(same, 0.6, 0.03)
    chosen[np.arange(N_USERS), np.arange(N_USERS) % 3] = True
    return csr_array(chosen.astype(np.float32))


@pytest.fixture(scope="module")
def positives() -> csr_array:
    return communities()


def fitted(config: CDAEConfig, x: csr_array, options: FitOptions | None = None) -> CDAE:
    model = CDAE(config)
    model.fit(TrainingData(x, x), options or FitOptions())
    return model


def prepared(config: CDAEConfig, x: csr_array) -> CDAE:
    model = CDAE(config)
    model.prepare(TrainingData(x, x), FitOptions(seed=1))
    for parameter in model.network.parameters():
        parameter.data += 0.1 * torch.randn(parameter.shape)
    return model


def everyone(x: csr_array) -> Query:
    return Query(np.arange(x.shape[0]), x)


def activation(name: str, value: float) -> float:
    return {"identity": value, "sigmoid": 1 / (1 + np.exp(-value)), "tanh": np.tanh(value)}[name]


def naive_score(state: dict[str, np.ndarray], name: str, items: list[int], node: np.ndarray, i: int) -> float:
    """Equation by equation: one user, one item, one hidden unit at a time."""
    output = state.get("untied_output", state["input.weight"])
    total = state["output_bias"][i]
    for k in range(output.shape[1]):
        hidden = node[k] + state["input.bias"][k]
        for j in items:
            hidden += state["input.weight"][j, k]
        total += output[i, k] * activation(name, hidden)
    return total


@pytest.mark.parametrize("config", FORMS)
def test_scores_equal_the_naive_loop(positives, config):
    model = prepared(config, positives)
    state = {name: value.numpy().astype(float) for name, value in model.parameters_state().items()}
    assert ("untied_output" in state) != config.tied
    scores = model.score(everyone(positives))
    dense = positives.toarray()
    for user in range(5):
        history = np.flatnonzero(dense[user]).tolist()
        for item in range(N_ITEMS):
            expected = naive_score(state, config.hidden_activation, history, state["user.weight"][user], item)
            assert scores[user, item].item() == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_initial_parameters(positives):
    model = CDAE(SAMPLED.replace(factors=50))
    model.prepare(TrainingData(positives, positives), FitOptions())
    state = model.parameters_state()
    bound = 4 * np.sqrt(6 / (N_ITEMS + 50))
    for name in ("input.weight", "user.weight", "untied_output"):
        assert 0.97 * bound < state[name].abs().max() <= bound
    assert not state["input.bias"].any() and not state["output_bias"].any()
    (group,) = model.optimizer.param_groups
    assert (group["lr"], group["eps"], group["initial_accumulator_value"]) == (0.1, 1.0, 1e-4)


def test_corruption_drops_and_scales():
    many = csr_array(np.ones((200, 300), np.float32))
    for scaled, value in ((True, 1 / 0.75), (False, 1.0)):
        dropped = corrupted(many, 0.25, scaled, np.random.default_rng(0))
        assert np.unique(dropped.data) == pytest.approx([value])
        assert dropped.nnz / many.nnz == pytest.approx(0.75, abs=0.01)
    whole = corrupted(many, 0.0, True, np.random.default_rng(0))
    assert (whole != many).nnz == 0


def naive_loss(kind: str, output: str, score: torch.Tensor, label: float) -> torch.Tensor:
    if kind == "logistic":
        probability = torch.sigmoid(score)
        return -torch.log(probability if label else 1 - probability)
    made = {"identity": score, "sigmoid": torch.sigmoid(score), "tanh": torch.tanh(score)}[output]
    return (label - made) ** 2 / 2


@pytest.mark.parametrize(
    ("kind", "output"), [("square", "tanh"), ("square", "identity"), ("logistic", "identity")]
)
@pytest.mark.parametrize("tied", [True, False])
def test_the_full_loss_and_its_gradient_equal_the_dense_formula(positives, kind, output, tied):
    torch.manual_seed(0)
    network = CDAENetwork(N_USERS, N_ITEMS, 5, "tanh", tied=tied).double()
    network.initialise(0.7)
    dense = torch.from_numpy(positives.toarray()).double()
    inputs = csr_array(dense.numpy())
    scores = network.scores(network.code(network.input(inputs), network.user.weight))
    targets = Targets.from_matrix(positives, torch.device("cpu"))
    weights = expected_weights(targets.counts.double(), N_ITEMS, 5)
    loss = CellLoss(kind, output).of_users(scores, targets, weights)
    loss.sum().backward()

    state = {name: p.detach().clone().requires_grad_() for name, p in network.named_parameters()}
    hidden = torch.tanh(dense @ state["input.weight"] + state["user.weight"] + state["input.bias"])
    expected_scores = hidden @ state.get("untied_output", state["input.weight"]).T + state["output_bias"]
    expected = torch.zeros(N_USERS, dtype=torch.float64)
    for user in range(N_USERS):
        count = int(dense[user].sum())
        for item in range(N_ITEMS):
            chosen = bool(dense[user, item])
            weight = 1.0 if chosen else 5 * count / (N_ITEMS - count)
            cell = naive_loss(kind, output, expected_scores[user, item], float(chosen))
            expected[user] = expected[user] + weight * cell
    expected.sum().backward()
    assert_close(loss, expected, rtol=1e-10, atol=1e-10)
    for name, parameter in network.named_parameters():
        assert_close(parameter.grad, state[name].grad, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("config", FORMS[:2])
def test_the_sampled_loss_is_the_full_loss_on_average(positives, config):
    model = prepared(config, positives)
    users = np.array([3, 17, 40, 41])
    inputs = whole_input(positives[users])
    with torch.no_grad():
        drawn = torch.stack([model.loss(users, inputs)[0] for _ in range(1500)])
        model.config = config.replace(form="full")
        full, _ = model.loss(users, inputs)
    standard_error = drawn.std() / 1500**0.5
    assert abs(drawn.mean() - full) < 4 * standard_error < 0.02 * full


def test_the_sampled_gradient_in_a_case_without_chance():
    """With one item left to draw, all negatives are known: the penalty counts every use."""
    x = csr_array(np.array([[1, 1, 0], [1, 0, 1]], np.float32))
    config = CDAEConfig(factors=2, negatives=1, l2=0.3, loss="logistic", hidden_activation="sigmoid")
    model = prepared(config, x)
    users, inputs = np.array([1, 0]), csr_array(np.array([[1, 0, 0], [0, 1, 0]], np.float32))
    loss, objective = model.loss(users, inputs)
    objective.backward()

    state = {n: p.detach().clone().double().requires_grad_() for n, p in model.network.named_parameters()}
    w, v, out, bias = (state[n] for n in ("input.weight", "user.weight", "untied_output", "output_bias"))
    expected, penalty = torch.zeros((), dtype=torch.float64), torch.zeros((), dtype=torch.float64)
    for user, kept, chosen, other in ((1, 0, (0, 2), 1), (0, 1, (0, 1), 2)):
        hidden = torch.sigmoid(w[kept] + v[user] + state["input.bias"])
        for item, label in ((chosen[0], 1.0), (chosen[1], 1.0), (other, 0.0), (other, 0.0)):
            expected = expected + naive_loss("logistic", "", out[item] @ hidden + bias[item], label)
            penalty = penalty + out[item].square().sum() + bias[item].square()
        penalty = penalty + w[kept].square().sum() + v[user].square().sum()
        penalty = penalty + state["input.bias"].square().sum()
    (expected + 0.15 * penalty).backward()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    for name, parameter in model.network.named_parameters():
        assert_close(parameter.grad.double(), state[name].grad, rtol=1e-4, atol=1e-6)


def test_users_without_gradient_keep_their_node_in_the_sampled_form(positives):
    padded = csr_array(np.vstack([positives.toarray(), np.zeros((2, N_ITEMS)), np.ones((1, N_ITEMS))]))
    padded = padded.astype(np.float32)
    model = CDAE(SAMPLED)
    model.prepare(TrainingData(padded, padded), FitOptions())
    before = model.parameters_state()["user.weight"].clone()
    model.fit(TrainingData(padded, padded), FitOptions())
    changed = (model.parameters_state()["user.weight"] != before).any(dim=1)
    assert changed.tolist() == [True] * N_USERS + [False, False, True]


@pytest.mark.parametrize("config", FORMS)
def test_it_ranks_the_communitys_items_first_for_known_and_new_users(positives, config):
    trained = fitted(config.replace(epochs=60, l2=1e-3, batch_size=15), positives)
    same = np.arange(N_USERS)[:, None] % 3 == np.arange(N_ITEMS) % 3
    for unseen in ("zero", "mean", "steps"):
        model = CDAE(trained.config.replace(unseen_users=unseen))
        model.load_parameters(trained.parameters_state())
        for query in (everyone(positives), Query(np.full(N_USERS, -1), communities(1))):
            unknown = query.history.toarray() == 0
            scores = model.score(query).numpy()
            assert scores[same & unknown].mean() > scores[~same & unknown].mean() + 0.5 * scores.std()


def test_nodes_of_unseen_users(positives):
    model = fitted(FULL, positives)
    learned = model.parameters_state()["user.weight"]
    strangers = communities(1)
    query = Query(np.full(N_USERS, -1), strangers)
    scores = {}
    for unseen in ("zero", "mean", "steps"):
        again = CDAE(FULL.replace(unseen_users=unseen, fold_in_steps=200))
        again.load_parameters(model.parameters_state())
        scores[unseen] = again.score(query)
        assert_close(again.score(query[:7]), scores[unseen][:7], rtol=1e-4, atol=1e-4)
        nodes = again._unseen_nodes(strangers)
        expected = {"zero": torch.zeros(N_USERS, 8), "mean": learned.mean(0).expand(N_USERS, 8)}
        if unseen in expected:
            assert_close(nodes, expected[unseen])
    mixed = CDAE(FULL.replace(unseen_users="zero"))
    mixed.load_parameters(model.parameters_state())
    some = mixed.score(Query(np.array([0, -1, 2]), positives[:3]))
    assert_close(some[[0, 2]], model.score(everyone(positives))[[0, 2]])


def test_steps_lower_the_users_own_objective_and_leave_the_rest(positives):
    model = fitted(FULL.replace(unseen_users="steps", fold_in_steps=300), positives)
    before = {name: value.clone() for name, value in model.parameters_state().items()}
    strangers = communities(1)
    nodes = model._unseen_nodes(strangers)
    targets = Targets.from_matrix(strangers, torch.device("cpu"))
    network = model.network

    def objective(nodes: torch.Tensor) -> torch.Tensor:
        scores = network.scores(network.code(network.input(strangers), nodes))
        weights = expected_weights(targets.counts, N_ITEMS, 5)
        loss = CellLoss("square", "tanh").of_users(scores, targets, weights)
        return loss + N_USERS * FULL.l2 / 2 * nodes.square().sum(1)

    fitted_nodes = nodes.requires_grad_()
    values = objective(fitted_nodes)
    assert (values < objective(torch.zeros_like(nodes))).all()
    (gradient,) = torch.autograd.grad(values.sum(), [fitted_nodes])
    assert gradient.abs().max() < 0.02
    assert all(torch.equal(value, before[name]) for name, value in model.parameters_state().items())


def stop_after(epochs: int, batches: int):
    """A heartbeat that ends the fit in epoch `epochs` + 1 (each epoch beats once a batch and once)."""
    left = epochs * (batches + 1)

    def beat() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Cancelled("stopped")

    return beat


def test_nothing_to_learn_from_is_refused():
    empty = csr_array((4, N_ITEMS), dtype=np.float32)
    with pytest.raises(DataError, match="no interactions"):
        CDAE(FULL).fit(TrainingData(empty, empty), FitOptions())
