"""Implicit CF-NADE: network, splits, cost, what it learns, and how a fit goes on after a stop."""

from itertools import combinations, permutations
from math import comb

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array
from torch.nn.functional import logsigmoid
from torch.testing import assert_close

from recdag.datasets.simulator import simulate
from recdag.errors import ConfigError, DataError
from recdag.recipes.recipe import load_recipe
from recdag.recommenders.base import Query
from recdag.recommenders.cf_nade import ImplicitCFNADEConfig
from recdag.recommenders.cf_nade.model import ImplicitCFNADE
from recdag.recommenders.cf_nade.network import CFNADENetwork, Likes, random_split, remaining_cost
from recdag.settings import SHIPPED_RECIPES
from recdag.training.data import TrainingData
from recdag.training.options import FitOptions

torch.set_num_threads(1)

CPU = torch.device("cpu")
TINY = ImplicitCFNADEConfig(
    hidden=[12],
    alpha=20.0,
    optimizer="adam",
    learning_rate=0.02,
    weight_decay=0.0,
    batch_size=16,
    epochs=6,
    like_std=0.01,
    output_std=0.1,
)
NORMALISED = TINY.replace(input="normalised", like_std=0.1, dislike_std=0.1)


def communities(n_users: int = 60, n_items: int = 24, seed: int = 0) -> TrainingData:
    """Users of three groups who choose mostly among their group's items, these more often."""
    rng = np.random.default_rng(seed)
    same = (np.arange(n_users)[:, None] % 3) == (np.arange(n_items) % 3)
    chosen = rng.random((n_users, n_items)) < np.where(same, 0.6, 0.05)
    chosen[np.arange(n_users), np.arange(n_users) % 3] = True
    counts = chosen * (1 + rng.poisson(np.where(same, 4.0, 0.5)))
    return TrainingData(csr_array(chosen.astype(np.float32)), csr_array(counts.astype(np.float32)))


def everyone(data: TrainingData) -> Query:
    return Query(np.arange(data.n_users), data.positives)


@pytest.fixture(scope="module")
def data() -> TrainingData:
    return communities()


def network(n_items: int, hidden: list[int], normalised: bool, seed: int = 0) -> CFNADENetwork:
    """A network in double precision with parameters far from zero."""
    torch.manual_seed(seed)
    model = CFNADENetwork(n_items, hidden, normalised).double()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    return model


def dense_logits(
    model: CFNADENetwork, t: torch.Tensor, c: torch.Tensor, seen: torch.Tensor, normalised: bool
) -> torch.Tensor:
    """Equations 9 and 10 for dense (B, m) t, c and seen."""
    likes, dislikes = seen * t * c, seen * (1 - t)
    if normalised:
        likes = likes / likes.norm(dim=1, keepdim=True).clamp(min=1e-9)
        dislikes = dislikes / dislikes.sum(1, keepdim=True).clamp(min=1e-9)
    h = torch.tanh(model.bias + likes @ model.likes + dislikes @ model.dislikes)
    for layer in model.layers:
        h = torch.tanh(h @ layer.weight.T + layer.bias)
    return model.output.bias + h @ model.output.weight.T


def weighted_nll(logits: torch.Tensor, t: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
    """-c log p(t), (B, m)."""
    return -c * (t * logsigmoid(logits) + (1 - t) * logsigmoid(-logits))


def some_likes(n_users: int, n_items: int, seed: int = 0) -> tuple[Likes, torch.Tensor, torch.Tensor]:
    """Likes in both forms: sparse, and dense t and c. The first user likes nothing, the second all."""
    rng = np.random.default_rng(seed)
    t = rng.random((n_users, n_items)) < 0.4
    t[0], t[1] = False, True
    c = np.where(t, 1 + 3 * rng.random(t.shape), 1.0)
    return Likes.from_matrix(csr_array(t * c), CPU), torch.from_numpy(t.astype(float)), torch.from_numpy(c)


@pytest.mark.parametrize("normalised", [False, True])
@pytest.mark.parametrize("hidden", [[7], [7, 5, 6]])
def test_outputs_and_gradients_are_those_of_the_dense_equations(hidden, normalised):
    likes, t, c = some_likes(6, 9)
    model, reference = network(9, hidden, normalised), network(9, hidden, normalised)
    seen = random_split(6, 9, CPU).double()
    seen[2] = 0
    outputs = model(likes, seen)
    expected = dense_logits(reference, t, c, seen, normalised)
    assert_close(outputs, expected)
    cost = (weighted_nll(expected, t, c) * (1 - seen)).sum(1) * 9 / (9 - seen.sum(1))
    assert_close(remaining_cost(outputs, likes, seen), cost.mean())
    remaining_cost(outputs, likes, seen).backward()
    cost.mean().backward()
    for ours, theirs in zip(model.parameters(), reference.parameters(), strict=True):
        assert_close(ours.grad, theirs.grad)


@pytest.mark.parametrize("normalised", [False, True])
def test_no_split_means_all_items_seen(normalised):
    likes, t, c = some_likes(6, 9)
    model = network(9, [7], normalised)
    assert_close(model(likes), dense_logits(model, t, c, torch.ones(6, 9), normalised))


def test_one_split_may_serve_a_batch():
    likes, _, _ = some_likes(6, 9)
    model, seen = network(9, [7], True), random_split(1, 9, CPU).double()
    shared, repeated = model(likes, seen), model(likes, seen.expand(6, -1).contiguous())
    assert_close(shared, repeated)
    assert_close(remaining_cost(shared, likes, seen), remaining_cost(repeated, likes, seen.expand(6, -1)))


def test_splits_have_a_uniform_position_and_a_uniform_order():
    """Every set of k < m items has probability 1 / (m C(m, k)), that of a random order cut at random."""
    torch.manual_seed(0)
    draws, m = 200_000, 4
    codes = random_split(draws, m, CPU).long() @ (2 ** torch.arange(m))
    seen = torch.bincount(codes, minlength=2**m).double() / draws
    sizes = [bin(code).count("1") for code in range(2**m)]
    expected = torch.tensor([1 / (m * comb(m, k)) if k < m else 0.0 for k in sizes], dtype=torch.double)
    error = (expected * (1 - expected) / draws).sqrt()
    assert ((seen - expected).abs() <= 4.5 * error).all()


@pytest.mark.parametrize("hidden", [[3], [3, 2]])
@pytest.mark.parametrize(("m", "normalised"), [(4, False), (5, True)])
def test_the_cost_estimates_the_ordered_likelihood(m, normalised, hidden):
    """Expectation over all splits of equation 14 = equation 11 averaged over all orders, exactly."""
    likes, t, c = some_likes(4, m)
    model = network(m, hidden, normalised)

    def seen_of(items: tuple[int, ...]) -> torch.Tensor:
        seen = torch.zeros(4, m, dtype=torch.double)
        seen[:, list(items)] = 1
        return seen

    ordered = torch.zeros((), dtype=torch.double)
    orders = list(permutations(range(m)))
    for order in orders:
        for i, item in enumerate(order):
            logits = dense_logits(model, t, c, seen_of(order[:i]), normalised)
            ordered += weighted_nll(logits, t, c)[:, item].mean() / len(orders)
    estimate = torch.zeros((), dtype=torch.double)
    for size in range(m):
        for items in combinations(range(m), size):
            seen = seen_of(items)
            estimate += remaining_cost(model(likes, seen), likes, seen) / (m * comb(m, size))
    assert_close(estimate, ordered, rtol=1e-10, atol=1e-10)


def prepared(config: ImplicitCFNADEConfig, data: TrainingData, seed: int = 0) -> ImplicitCFNADE:
    model = ImplicitCFNADE(config)
    model.prepare(data, FitOptions(seed=seed))
    return model


def test_confidence_grows_with_the_relative_rating():
    counts = csr_array(np.array([[1, 5, 0], [1, 7, 2], [3, 0, 0], [3, 9, 0]], np.float32))
    model = prepared(TINY.replace(alpha=10.0), TrainingData(csr_array(counts > 0).astype(np.float32), counts))
    expected = [[6, 1 + 10 / 3, 0], [6, 1 + 20 / 3, 11], [11, 0, 0], [11, 11, 0]]
    assert model._likes.toarray() == pytest.approx(np.array(expected), rel=1e-6)


def test_output_bias_starts_where_it_costs_least(data):
    """At d = log-odds of the confidence-weighted popularity the cost of a network of zeros is minimal."""
    model = prepared(TINY.replace(output_std=1e-12), data)
    likes = Likes.from_matrix(model._likes, CPU)
    seen = torch.zeros(1, data.n_items)
    remaining_cost(model.network(likes, seen), likes, seen).backward()
    assert model.network.output.bias.grad.abs().max() < 1e-5
    spread = model.network.output.bias.detach().std()
    assert spread > 0.1


def test_initial_standard_deviations():
    config = ImplicitCFNADEConfig(hidden=[64, 32], like_std=0.05, dislike_std=0.01, output_std=0.2)
    state = prepared(config, communities(n_items=400)).parameters_state()
    for name, std in (("likes", 0.05), ("dislikes", 0.01), ("output.weight", 0.2)):
        assert state[name].std().item() == pytest.approx(std, rel=0.03)
    assert state["layers.0.weight"].abs().max().item() == pytest.approx(0.25, rel=0.01)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("loss_scale", ["sum", "mean"])
def test_a_step_is_that_of_the_optimizer_on_cost_and_penalty(data, optimizer, loss_scale):
    """Weights decay, biases do not."""
    config = TINY.replace(optimizer=optimizer, loss_scale=loss_scale, weight_decay=0.3, batch_size=60)
    model, start = prepared(config, data), prepared(config, data).network
    rule = torch.optim.Adam if optimizer == "adam" else torch.optim.SGD
    steps = rule(start.parameters(), lr=config.learning_rate)
    torch.manual_seed(3)
    loss = model._train_batch(model._likes)
    torch.manual_seed(3)
    likes, seen = Likes.from_matrix(model._likes, CPU), random_split(60, data.n_items, CPU)
    cost = remaining_cost(start(likes, seen), likes, seen) / (data.n_items if loss_scale == "mean" else 1)
    penalty = sum((0.15 * p.square().sum() for p in start.parameters() if p.ndim == 2), torch.zeros(()))
    (cost + penalty).backward()
    steps.step()
    assert loss.item() == pytest.approx(cost.item(), rel=1e-5)
    for ours, theirs in zip(model.network.parameters(), start.parameters(), strict=True):
        assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def mean_percentile_rank(scores: np.ndarray, known: np.ndarray, held_out: np.ndarray) -> float:
    """Average place in (0, 1) of the held-out items among those not known."""
    places = []
    for row, seen, target in zip(scores, known, held_out, strict=True):
        ranked = row[~seen]
        places += [((ranked > x).sum() + 0.5 * ((ranked == x).sum() - 1)) / len(ranked) for x in row[target]]
    return float(np.mean(places))


@pytest.mark.parametrize(
    "config",
    [
        TINY.replace(batch_size=50, epochs=40),
        TINY.replace(optimizer="sgd", learning_rate=0.05, batch_size=20, epochs=25),
        NORMALISED.replace(batch_size=50, epochs=25),
        NORMALISED.replace(batch_size=50, epochs=25, hidden=[24, 12]),
        NORMALISED.replace(batch_size=25, epochs=25, order="per_batch"),
    ],
    ids=["printed", "printed-sgd", "normalised", "deep", "shared-order"],
)
def test_beats_popularity_where_users_form_communities(config):
    everything = communities(n_users=300, n_items=45, seed=1)
    dense = everything.strength.toarray()
    held_out = (dense > 0) & (np.random.default_rng(2).random(dense.shape) < 0.2)
    known = (dense > 0) & ~held_out
    train = TrainingData(csr_array(known.astype(np.float32)), csr_array(dense * known))
    model = ImplicitCFNADE(config)
    history = model.fit(train, FitOptions())
    reached = mean_percentile_rank(model.score(everyone(train)).numpy(), known, held_out)
    popularity = mean_percentile_rank(np.tile(known.sum(0), (300, 1)), known, held_out)
    losses = [row.value for row in history.rows]
    assert losses[-1] < 0.8 * losses[0]
    assert popularity > 0.4
    assert reached < 0.4 * popularity


@pytest.mark.parametrize("model", ["implicit_cf_nade", "implicit_cf_nade_normalised"])
def test_the_recipe_clearly_beats_popularity_on_demo(model):
    counts = simulate().counts("purchase").astype(np.float32)
    held_out = (counts > 0) & (np.random.default_rng(3).random(counts.shape) < 0.1)
    held_out[((counts > 0) & ~held_out).sum(1) == 0] = False
    known = (counts > 0) & ~held_out
    train = TrainingData(csr_array(known.astype(np.float32)), csr_array(counts * known))
    config = load_recipe(SHIPPED_RECIPES, "cf_nade").config(model, "demo")
    trained = ImplicitCFNADE(config)
    trained.fit(train, FitOptions())
    reached = mean_percentile_rank(trained.score(everyone(train)).numpy(), known, held_out)
    popularity = mean_percentile_rank(np.tile(known.sum(0), (len(known), 1)), known, held_out)
    assert reached < 0.7 * popularity


def test_scores_of_training_users_use_their_relative_ratings(data):
    model = prepared(NORMALISED, data)
    likes = data.relative_rating
    expected = likes.toarray() * 20 + (likes.toarray() > 0)
    query = everyone(data)
    assert model.confidence(query).toarray() == pytest.approx(expected, rel=1e-6)
    dense = torch.from_numpy(likes.toarray())
    t = (dense > 0).float()
    wanted = dense_logits(model.network, t, 1 + 20 * dense, torch.ones_like(t), True)
    assert_close(model.score(query), wanted, rtol=1e-4, atol=1e-5)


def test_strangers_have_the_items_mean_relative_ratings(data):
    model = prepared(NORMALISED, data)
    relative = data.relative_rating.toarray()
    means = relative.sum(0) / (relative > 0).sum(0)
    query = Query(np.full(data.n_users, -1), data.positives)
    expected = np.where(relative > 0, 1 + 20 * means, 0)
    assert model.confidence(query).toarray() == pytest.approx(expected, rel=1e-5)
    more = data.positives.toarray()
    more[:, 5] = 1
    wanted = np.where(relative > 0, 1 + 20 * relative, 0)
    wanted[:, 5] = np.where(relative[:, 5] > 0, wanted[:, 5], 1 + 20 * means[5])
    got = model.confidence(Query(np.arange(data.n_users), csr_array(more))).toarray()
    assert got == pytest.approx(wanted, rel=1e-5)


def test_equal_counts_make_strangers_and_training_users_alike(data):
    binary = TrainingData(data.positives, data.positives)
    model = prepared(NORMALISED, binary)
    stranger = model.score(Query(np.full(data.n_users, -1), data.positives))
    assert_close(stranger, model.score(everyone(binary)))


def test_scores_do_not_depend_on_the_block_or_on_candidates(data):
    model = ImplicitCFNADE(TINY)
    model.fit(data, FitOptions())
    query = everyone(data)
    items = torch.from_numpy(np.random.default_rng(0).integers(0, 24, (60, 4)))
    assert_close(model.score(query, items), model.score(query).gather(1, items))
    assert_close(model.score(query[:7]), model.score(query)[:7])
    nothing = Query(np.array([-1]), csr_array((1, 24), dtype=np.float32))
    assert torch.isfinite(model.score(nothing)).all()


def test_users_without_items_do_not_count(data):
    def padded(matrix: csr_array) -> csr_array:
        return csr_array(np.vstack([matrix.toarray(), np.zeros((9, 24), np.float32)]))

    longer = TrainingData(padded(data.positives), padded(data.strength))
    models = [ImplicitCFNADE(TINY), ImplicitCFNADE(TINY)]
    for model, rows in zip(models, [data, longer], strict=True):
        model.fit(rows, FitOptions(seed=2))
    assert_close(models[0].score(everyone(data)), models[1].score(everyone(data)))
    empty = csr_array((4, 24), dtype=np.float32)
    with pytest.raises(DataError, match="no interactions"):
        models[0].fit(TrainingData(empty, empty), FitOptions())


def test_configurations_are_checked():
    for wrong in ({"hidden": []}, {"hidden": [0]}, {"input": "other"}, {"alpha": -1.0}):
        with pytest.raises(ConfigError, match=next(iter(wrong))):
            ImplicitCFNADEConfig(**wrong)
