"""FAWMF's cached gradients against automatic differentiation of the objective as printed."""

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from recdag.errors import DataError
from recdag.recommenders.base import Query
from recdag.recommenders.fawmf import FAWMFConfig, gradients, kernels
from recdag.recommenders.fawmf.model import FAWMF
from recdag.training.data import TrainingData
from recdag.training.options import FitOptions
from recdag.training.samplers import NegativeSampler

CPU = torch.device("cpu")
N, M, K, D = 17, 11, 4, 3
EPSILON = 0.03
PENALTIES = gradients.Penalties(0.7, 0.2, 0.4)


@pytest.fixture(autouse=True)
def by_compiled_loops(monkeypatch):
    """As on data of any size."""
    monkeypatch.setattr(kernels, "FEW_CELLS", 0)


def some_matrix(n=N, m=M, density=0.35, seed=0):
    return csr_array((np.random.default_rng(seed).random((n, m)) < density).astype(np.float32))


def positives_of(matrix):
    return gradients.Positives(
        kernels.Cells.from_matrix(matrix, CPU), kernels.Cells.from_matrix(csr_array(matrix.T), CPU)
    )


def some_parameters(seed=0):
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    return gradients.Parameters(normal(N, K), normal(M, K), normal(N, D), normal(N), normal(M), normal(M))


def gamma_of(p, x):
    theta = torch.softmax(p.membership, 1)
    consumption = torch.einsum("kj,kd,k->jd", x, theta, p.influence)
    return theta @ torch.sigmoid(p.slope[:, None] * consumption + p.intercept[:, None]).T


def objective(p, x):
    gamma = gamma_of(p, x)
    cells = gamma * (p.users @ p.items.T - x) ** 2 + (1 - gamma) * (EPSILON - x) ** 2
    return (
        cells.sum()
        + 0.7 / 2 * (p.users.square().sum() + p.items.square().sum())
        + 0.2 / 2 * p.membership.square().sum()
        + 0.4 / 2 * (p.slope.square().sum() + p.intercept.square().sum())
    )


def autograd(matrix):
    p = some_parameters()
    for tensor in p.named().values():
        tensor.requires_grad_()
    loss = objective(p, torch.from_numpy(matrix.toarray()).double())
    loss.backward()
    return loss.detach(), {name: tensor.grad for name, tensor in p.named().items()}


@pytest.mark.parametrize("blocks", [2**17, 20])
@pytest.mark.parametrize("make", [gradients.cached_objective, gradients.dense_objective])
def test_loss_and_all_six_gradients_equal_those_of_the_naive_objective(make, blocks, monkeypatch):
    monkeypatch.setattr(gradients, "BLOCK_ELEMENTS", blocks)
    monkeypatch.setattr(gradients, "DENSE_BLOCK_CELLS", blocks)
    matrix = some_matrix()
    positives = positives_of(matrix)
    expected_loss, expected = autograd(matrix)
    loss, found = gradients.objective_and_gradient(
        some_parameters(), positives, make(positives, EPSILON), PENALTIES, EPSILON
    )
    torch.testing.assert_close(loss, expected_loss, atol=1e-10, rtol=0)
    for name, gradient in found.named().items():
        torch.testing.assert_close(gradient, expected[name], atol=1e-10, rtol=0)


def test_compiled_sums_equal_those_of_other_devices(monkeypatch):
    monkeypatch.setattr(kernels, "CELLS_AT_ONCE", 7)
    cells = kernels.Cells.from_matrix(some_matrix(), CPU)
    p = some_parameters()
    inputs = (p.users, p.membership, p.items, torch.rand(M, D, dtype=torch.float64))
    loss = kernels.CellLoss(0.3, -2.0, 0.1)
    compiled = cells.gradients(*inputs, loss)
    outputs = tuple(torch.zeros_like(each) for each in inputs)
    total = cells._add_gradients(inputs, outputs, loss)
    torch.testing.assert_close(compiled.loss, total)
    found = (compiled.row_vectors, compiled.row_shares, compiled.column_vectors, compiled.column_shares)
    for one, other in zip(found, outputs, strict=True):
        torch.testing.assert_close(one, other)
    dense = torch.from_numpy(some_matrix().toarray()).double()
    torch.testing.assert_close(cells.row_sums(p.items), dense @ p.items)
    monkeypatch.setattr(kernels, "FEW_CELLS", len(cells))
    torch.testing.assert_close(cells.row_sums(p.items), dense @ p.items)
    few = cells.gradients(*inputs, loss)
    torch.testing.assert_close(few.row_vectors, compiled.row_vectors)
    torch.testing.assert_close(few.loss, compiled.loss)


def sampled(matrix, weights, draws, seed, sample_weight="all_unobserved"):
    positives = positives_of(matrix)
    sampler = NegativeSampler(csr_array(matrix.T), CPU)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    make = gradients.sampled_objective(positives, EPSILON, sampler, weights, draws, sample_weight, rng)
    return gradients.objective_and_gradient(some_parameters(), positives, make, PENALTIES, EPSILON)


def test_uniform_samples_give_the_gradient_of_all_cells_on_average():
    matrix = some_matrix()
    expected_loss, expected = autograd(matrix)
    loss, found = sampled(matrix, np.ones(M), 4000, 0)
    assert loss.item() == pytest.approx(expected_loss.item(), rel=0.01)
    for name, gradient in found.named().items():
        scale = expected[name].abs().max()
        torch.testing.assert_close(gradient, expected[name], atol=0.02 * scale, rtol=0)


def test_samples_that_count_once_weigh_the_positives_more():
    """As many unobserved cells as positives leave what all of them would add, scaled down."""
    matrix = some_matrix()
    share = matrix.nnz / (N * M - matrix.nnz)
    positives = positives_of(matrix)
    p = some_parameters()
    exposure = gradients.expose(p, positives)
    sides = (p.users, exposure.theta, p.items, exposure.reach)
    chosen = positives.by_user.gradients(*sides, gradients.positive_loss(EPSILON)).row_vectors
    everything = gradients.dense_objective(positives, EPSILON)(p, exposure).row_vectors
    torch.manual_seed(0)
    sampler = NegativeSampler(csr_array(matrix.T), CPU)
    objective = gradients.sampled_objective(
        positives, EPSILON, sampler, np.ones(M), 3000, "one", np.random.default_rng(0)
    )
    drawn = (objective(p, exposure).row_vectors - chosen) / 3000
    expected = (everything - chosen) * share
    torch.testing.assert_close(drawn, expected, atol=0.03 * expected.abs().max().item(), rtol=0)


def test_popular_samples_differ_and_are_reproducible():
    matrix = some_matrix()
    popularity = np.asarray(matrix.sum(0), float)
    first, again = (sampled(matrix, popularity, 2, 5) for _ in range(2))
    other, uniform = sampled(matrix, popularity, 2, 6), sampled(matrix, np.ones(M), 2, 5)
    assert torch.equal(first[1].users, again[1].users)
    assert not torch.equal(first[1].users, other[1].users)
    assert not torch.equal(first[1].users, uniform[1].users)


def two_tastes(n=80, m=40, seed=0):
    """Users of two kinds who mostly choose one half of the items."""
    rng = np.random.default_rng(seed)
    same = (np.arange(n)[:, None] % 2) == (np.arange(m)[None, :] >= m // 2)
    matrix = csr_array((rng.random((n, m)) < np.where(same, 0.4, 0.03)).astype(np.float32))
    return TrainingData(matrix, matrix), same


SMALL = dict(factors=4, communities=3, epochs=3, iterations_per_epoch=20, l2=1.0)


def all_users(data):
    return Query(np.arange(data.n_users), data.positives)


@pytest.mark.parametrize("training", ["fbgd", "bgd", "sgd_uniform", "sgd_popularity"])
def test_every_training_learns_which_half_a_user_likes(training):
    data, same = two_tastes()
    model = FAWMF(FAWMFConfig(**SMALL, training=training))
    history = model.fit(data, FitOptions())
    scores = model.score(all_users(data)).numpy()
    unseen = data.positives.toarray() == 0
    assert scores[same & unseen].mean() > 2 * scores[~same & unseen].mean()
    losses = [row.value for row in history.rows if row.name == "loss"]
    assert len(losses) == 3 and losses[-1] < losses[0]


def test_exposure_is_gamma_and_weighs_the_second_score():
    data, _ = two_tastes()
    inner, expected = (
        FAWMF(FAWMFConfig(**SMALL, score=score)) for score in ("inner_product", "expected_exposure")
    )
    for model in (inner, expected):
        model.fit(data, FitOptions())
    gamma = gamma_of(inner._parameters, torch.from_numpy(data.positives.toarray()))
    users, items = torch.tensor([0, 5, 79]), torch.tensor([3, 0, 39])
    torch.testing.assert_close(inner.exposure(users, items), gamma[users, items])
    assert 0 < gamma.mean() < 1
    query = all_users(data)
    torch.testing.assert_close(expected.score(query), inner.score(query) * gamma)
    some = torch.tensor([[1, 2, 2]]).expand(len(query), 3)
    torch.testing.assert_close(expected.score(query, some), expected.score(query).gather(1, some))


def test_validation_chooses_the_score_and_the_choice_is_kept():
    data, _ = two_tastes()
    seen = []

    def prefers_small_scores(model):
        seen.append(-model.score(all_users(data)).abs().sum().item())
        return seen[-1]

    model = FAWMF(FAWMFConfig(**SMALL))
    history = model.fit(data, FitOptions(validate=prefers_small_scores))
    assert history.selected["score"] == "expected_exposure"
    assert len(seen) == 6
    assert -model.score(all_users(data)).abs().sum().item() == max(seen)
    assert FAWMF(FAWMFConfig(**SMALL)).fit(data, FitOptions()).selected == {}


def test_a_fixed_influence_stays_one_and_slopes_stay_positive():
    data, _ = two_tastes()
    fixed, learned = (FAWMF(FAWMFConfig(**SMALL, influence=way)) for way in ("fixed", "learned"))
    for model in (fixed, learned):
        model.fit(data, FitOptions())
        assert (model._parameters.slope >= 1e-5).all()
    assert (fixed._parameters.influence == 1).all()
    assert not (learned._parameters.influence == 1).any()


def test_saved_parameters_score_the_same_and_fold_in():
    data, same = two_tastes()
    model, loaded = (FAWMF(FAWMFConfig(**SMALL)) for _ in range(2))
    model.fit(data, FitOptions())
    loaded.load_parameters(model.parameters_state())
    query = Query(np.array([4, -1, -1]), data.positives[[4, 4, 7]])
    scores = loaded.score(query)
    assert torch.equal(scores, model.score(query))
    torch.testing.assert_close(scores[:1], model.score(query[:1]))
    for row, user in ((1, 4), (2, 7)):
        known = model.score(Query(np.array([user]), data.positives[[user]]))[0]
        assert np.corrcoef(scores[row].numpy(), known.numpy())[0, 1] > 0.9
        unseen = data.positives[[user]].toarray()[0] == 0
        assert (
            scores[row].numpy()[same[user] & unseen].min() > scores[row].numpy()[~same[user] & unseen].mean()
        )


def test_no_interactions_is_an_error():
    empty = csr_array((3, 4), dtype=np.float32)
    with pytest.raises(DataError, match="no interactions"):
        FAWMF(FAWMFConfig()).fit(TrainingData(empty, empty), FitOptions())
