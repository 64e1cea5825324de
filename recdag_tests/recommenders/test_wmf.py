import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from recdag.errors import TrainingError
from recdag.recommenders.base import Query
from recdag.recommenders.wmf import WMFConfig, least_squares
from recdag.recommenders.wmf import model as wmf
from recdag.recommenders.wmf.model import WMF
from recdag.training.data import TrainingData, relative_rating
from recdag.training.options import FitOptions

N_USERS, N_ITEMS, FACTORS = 40, 27, 5
SCALED = WMFConfig(factors=FACTORS, epochs=1, l2=0.02, unobserved_ratio=0.6, frequency_exponent=0.7)
CONFIDENCE = WMFConfig(
    factors=FACTORS, epochs=1, weighting="confidence", l2=1.5, alpha=8.0, strength="relative_rating"
)


@pytest.fixture
def data() -> TrainingData:
    rng = np.random.default_rng(0)
    counts = rng.poisson(rng.gamma(0.4, 1.0, N_ITEMS), (N_USERS, N_ITEMS)).astype(np.float32)
    counts[4] = 0
    counts[:, 9] = 0
    strength = csr_array(counts)
    return TrainingData(csr_array((counts > 0).astype(np.float32)), strength)


def fitted(config: WMFConfig, data: TrainingData, options: FitOptions | None = None) -> WMF:
    model = WMF(config)
    model.fit(data, options or FitOptions())
    return model


def vectors(model: WMF) -> tuple[np.ndarray, np.ndarray]:
    state = model.parameters_state()
    return state["users"].double().numpy(), state["items"].double().numpy()


def cell_weights(
    config: WMFConfig, data: TrainingData
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Dense (n, m) squared-loss weights of targets 1 and 0, and penalties of users and items."""
    x = data.positives.toarray().astype(np.float64)
    if config.weighting == "frequency_scaled":
        a0, nu = config.unobserved_ratio * x.mean(), config.frequency_exponent
        zeros = np.full_like(x, a0)
        users, items = x.sum(1) + a0 * N_ITEMS, x.sum(0) + a0 * N_USERS
        penalties = [config.l2 * each.sum() / (each**nu).sum() * each**nu for each in (users, items)]
        return x, zeros, *penalties
    r = {
        "one": x,
        "count": data.strength.toarray(),
        "log_count": np.log1p(data.strength.toarray()),
        "relative_rating": relative_rating(data.strength).toarray(),
    }[config.strength]
    return x * (1 + config.alpha * r), 1 - x, np.full(N_USERS, config.l2), np.full(N_ITEMS, config.l2)


def objective(model: WMF, data: TrainingData) -> float:
    ones, zeros, user_penalty, item_penalty = cell_weights(model.config, data)
    p, q = vectors(model)
    s = p @ q.T
    fit = (ones * (1 - s) ** 2 + zeros * s**2).sum()
    return fit + user_penalty @ (p**2).sum(1) + item_penalty @ (q**2).sum(1)


CONFIGS = [
    SCALED,
    CONFIDENCE,
    *(
        WMFConfig(factors=FACTORS, epochs=1, weighting="confidence", l2=1.5, alpha=3.0, strength=strength)
        for strength in ("one", "count", "log_count")
    ),
]


@pytest.mark.parametrize("config", CONFIGS)
def test_half_steps_equal_dense_closed_forms(config: WMFConfig, data: TrainingData) -> None:
    ones, zeros, user_penalty, item_penalty = cell_weights(config, data)
    torch.manual_seed(0)
    model = fitted(config, data)
    p, q = vectors(model)

    for i in range(N_ITEMS):
        left = (p.T * (ones + zeros)[:, i]) @ p + item_penalty[i] * np.eye(FACTORS)
        np.testing.assert_allclose(q[i], np.linalg.solve(left, p.T @ ones[:, i]), rtol=1e-3, atol=1e-5)

    strangers = Query(np.full(N_USERS, -1), data.positives)
    if config.weighting == "confidence":
        ones = np.where(ones > 0, 1 + config.alpha, 0)
    scores = model.score(strangers).numpy()
    for u in range(N_USERS):
        left = (q.T * (ones + zeros)[u]) @ q + user_penalty[u] * np.eye(FACTORS)
        np.testing.assert_allclose(scores[u], q @ np.linalg.solve(left, q.T @ ones[u]), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("config", CONFIGS)
def test_loss_is_the_objective_and_never_rises(config: WMFConfig, data: TrainingData) -> None:
    losses = []
    for epochs in range(1, 7):
        model = WMF(WMFConfig(**{**vars(config), "epochs": epochs}))
        history = model.fit(data, FitOptions(seed=3))
        losses.append([row.value for row in history.rows if row.name == "loss"])
        np.testing.assert_allclose(losses[-1][-1], objective(model, data) / data.positives.nnz, rtol=1e-5)

    assert losses[-1][:5] == losses[-2]
    assert (np.diff(losses[-1]) <= 1e-6).all()
    assert losses[-1][-1] < losses[-1][0]


def test_fold_in_is_the_user_half_step(data: TrainingData) -> None:
    """The users of epoch 3 are those folded in with the items of epoch 2."""
    options = FitOptions(seed=1)
    before = fitted(WMFConfig(**{**vars(SCALED), "epochs": 2}), data, options)
    after = fitted(WMFConfig(**{**vars(SCALED), "epochs": 3}), data, options)
    _, q = vectors(before)
    p, _ = vectors(after)

    folded = before.score(Query(np.full(N_USERS, -1), data.positives))

    np.testing.assert_allclose(folded, p @ q.T, rtol=1e-4, atol=1e-6)


def test_known_users_keep_their_vectors(data: TrainingData) -> None:
    model = fitted(SCALED, data)
    p, q = vectors(model)
    users = np.array([5, -1, 0])
    query = Query(users, data.positives[[5, 5, 0]])

    scores = model.score(query).numpy()

    np.testing.assert_allclose(scores[[0, 2]], (p @ q.T)[[5, 0]], rtol=1e-4, atol=1e-6)
    assert np.abs(scores[0] - scores[1]).max() > 1e-4


def test_the_two_parameterisations_agree_without_frequency_scaling(data: TrainingData) -> None:
    """Divided by alpha = 1 / a0 the two objectives differ in the pull of the positives, 1 + a0 to 1."""
    a0 = 0.05
    ratio = a0 * N_USERS * N_ITEMS / data.positives.nnz
    l2_of_a_user = 0.1
    l2 = l2_of_a_user * N_USERS / ((1 + ratio) * data.positives.nnz)
    scaled = WMFConfig(factors=FACTORS, epochs=1, l2=l2, unobserved_ratio=ratio, frequency_exponent=0.0)
    plain = WMFConfig(
        factors=FACTORS, epochs=1, weighting="confidence", l2=l2_of_a_user / a0, alpha=1 / a0, strength="one"
    )
    first, second = fitted(scaled, data), fitted(plain, data)

    np.testing.assert_allclose(vectors(second)[0], (1 + a0) * vectors(first)[0], rtol=1e-3, atol=1e-6)


def test_what_the_cells_weigh_together_does_not_depend_on_the_density(data: TrainingData) -> None:
    """Ten empty items beside each item make the data sparser and change nothing that is learned."""
    wide = np.zeros((N_USERS, 10 * N_ITEMS), np.float32)
    wide[:, :N_ITEMS] = data.positives.toarray()
    sparse = TrainingData(csr_array(wide), csr_array(wide))
    config = WMFConfig(**{**vars(SCALED), "frequency_exponent": 1.0})
    dense_weight, sparse_weight = (fitted(config, each)._scaling[0] for each in (data, sparse))

    assert dense_weight == pytest.approx(0.6 * data.positives.toarray().mean())
    assert sparse_weight * wide.size == pytest.approx(float(dense_weight) * N_USERS * N_ITEMS)


def test_rows_without_positives_are_zero(data: TrainingData) -> None:
    for config in (SCALED, CONFIDENCE):
        p, q = vectors(fitted(config, data))
        assert not p[4].any() and not q[9].any()
        assert (np.delete(p, 4, axis=0) != 0).any(axis=1).all()


@pytest.mark.parametrize("config", [SCALED, CONFIDENCE])
def test_block_size_and_threads_change_nothing_that_matters(
    config: WMFConfig, data: TrainingData, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = torch.from_numpy(np.random.default_rng(2).integers(0, N_ITEMS, (N_USERS, 4)))
    query = Query(np.arange(N_USERS), data.positives)
    whole = fitted(config, data)
    monkeypatch.setitem(least_squares.BLOCK_BYTES, "cpu", 600)
    monkeypatch.setattr(wmf, "CANDIDATE_BLOCK_BYTES", 4 * 4 * FACTORS * 7)
    parts = fitted(config, data)

    torch.testing.assert_close(parts.score(query), whole.score(query), rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(whole.score(query, items), whole.score(query).gather(1, items))
    threads = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        assert torch.equal(fitted(config, data).score(query), parts.score(query))
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(threads)


def test_validation_chooses_the_epoch(data: TrainingData) -> None:
    values = iter([0.1, 0.3, 0.2, 0.2, 0.2])
    config = WMFConfig(**{**vars(SCALED), "epochs": 9, "patience": 2, "least_epochs": 0})
    model = WMF(config)

    history = model.fit(data, FitOptions(seed=1, validate=lambda scorer: next(values)))

    assert history.selected == {"epochs": 2}
    expected = fitted(WMFConfig(**{**vars(SCALED), "epochs": 2}), data, FitOptions(seed=1))
    assert torch.equal(model.parameters_state()["items"], expected.parameters_state()["items"])


def test_the_first_sweeps_do_not_end_training(data: TrainingData) -> None:
    """Validation falls after sweep 2 and rises for good from sweep 5 on, as on sparse data."""
    values = iter([0.27, 0.39, 0.33, 0.34, 0.35, 0.36, 0.38, 0.40, 0.41, 0.42])
    model = WMF(WMFConfig(**{**vars(SCALED), "epochs": 10, "patience": 3, "least_epochs": 8}))

    history = model.fit(data, FitOptions(validate=lambda scorer: next(values)))

    assert history.selected == {"epochs": 10}


def test_singular_equations_are_an_error_to_act_on() -> None:
    one_item = csr_array(np.array([[1.0, 0.0], [1.0, 0.0]], np.float32))
    config = WMFConfig(factors=8, epochs=3, l2=1e-30, frequency_exponent=0.0)

    with pytest.raises(TrainingError, match="Raise the model's l2"):
        fitted(config, TrainingData(one_item, one_item))
