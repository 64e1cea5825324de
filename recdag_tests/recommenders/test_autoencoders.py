"""Mult-DAE and Mult-VAE: networks, objectives, what they learn, and how a fit goes on after a stop."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array
from torch.distributions import Normal, kl_divergence
from torch.testing import assert_close

from recdag.errors import Cancelled, ConfigError, DataError
from recdag.recommenders.autoencoders import (
    GaussianDAEConfig,
    GaussianVAEConfig,
    LogisticDAEConfig,
    LogisticVAEConfig,
    MultDAEConfig,
    MultVAEConfig,
)
from recdag.recommenders.autoencoders.model import (
    GaussianDAE,
    GaussianVAE,
    LogisticDAE,
    LogisticVAE,
    MultDAE,
    MultVAE,
    kl_to_standard_normal,
)
from recdag.recommenders.autoencoders.network import Network, autoencoder_input
from recdag.recommenders.base import Query
from recdag.training.data import TrainingData
from recdag.training.options import FitOptions

torch.set_num_threads(1)

TINY_DAE = MultDAEConfig(hidden=[12], batch_size=16, epochs=6, learning_rate=0.01)
TINY_VAE = MultVAEConfig(
    hidden=[16, 8], batch_size=16, epochs=6, learning_rate=0.01, procedure="single_run", anneal_epochs=10
)


def communities(n_users: int = 60, n_items: int = 24, seed: int = 0) -> csr_array:
    """Users of three groups who choose mostly among their group's items."""
    rng = np.random.default_rng(seed)
    same = (np.arange(n_users)[:, None] % 3) == (np.arange(n_items) % 3)
    chosen = rng.random((n_users, n_items)) < np.where(same, 0.6, 0.03)
    chosen[np.arange(n_users), np.arange(n_users) % 3] = True
    return csr_array(chosen.astype(np.float32))


def training_data(positives: csr_array) -> TrainingData:
    return TrainingData(positives, positives)


def everyone(positives: csr_array) -> Query:
    return Query(np.arange(positives.shape[0]), positives)


@pytest.fixture(scope="module")
def positives() -> csr_array:
    return communities()


def reference_outputs(state: dict[str, torch.Tensor], dense: torch.Tensor, variational: bool):
    """The network of the paper written out for I-16-8-16-I (VAE) or I-12-I (DAE)."""
    x = dense / dense.norm(dim=1, keepdim=True).clamp(min=1e-12)
    h = torch.tanh(x @ state["input.weight"] + state["input.bias"])
    if variational:
        code = h @ state["encoder.0.weight"].T + state["encoder.0.bias"]
        mean, log_variance = code[:, :8], code[:, 8:]
        h = torch.tanh(mean @ state["decoder.0.weight"].T + state["decoder.0.bias"])
        return h @ state["decoder.1.weight"].T + state["decoder.1.bias"], mean, log_variance
    return h @ state["decoder.0.weight"].T + state["decoder.0.bias"]


def test_input_is_normalised_first_then_dropped_with_inverted_scaling(positives):
    counts = np.diff(positives.indptr)
    plain = autoencoder_input(positives)
    assert np.sqrt(plain.power(2).sum(axis=1)) == pytest.approx(np.ones(len(counts)), rel=1e-6)
    many = csr_array(np.ones((200, 300), np.float32))
    dropped = autoencoder_input(many, 0.25, np.random.default_rng(0))
    assert np.unique(dropped.data) == pytest.approx([1 / np.sqrt(300) / 0.75])
    assert dropped.nnz / many.nnz == pytest.approx(0.75, abs=0.01)
    dense = dropped.toarray()
    assert (dense > 0).sum() == dropped.nnz


def test_empty_history_enters_as_zeros():
    assert autoencoder_input(csr_array((2, 5), dtype=np.float32)).nnz == 0


def test_initial_parameters():
    torch.manual_seed(0)
    network = Network(500, [60, 40], [20, 60])
    assert [tuple(layer.weight.shape) for layer in network.decoder] == [(60, 20), (500, 60)]
    bound = np.sqrt(6 / (500 + 60))
    assert 0.98 * bound < network.input.weight.abs().max() <= bound
    biases = torch.cat([p.detach() for n, p in network.named_parameters() if n.endswith("bias")])
    assert biases.abs().max() <= 0.002
    assert biases.std().item() == pytest.approx(0.00088, rel=0.1)


def test_kl_equals_torch_distributions():
    torch.manual_seed(0)
    mean, log_variance = torch.randn(7, 5), torch.randn(7, 5)
    divergence = kl_divergence(Normal(mean, torch.exp(0.5 * log_variance)), Normal(0.0, 1.0))
    assert_close(kl_to_standard_normal(mean, log_variance), divergence.sum(dim=1).mean())


@pytest.mark.parametrize(("cls", "config"), [(MultDAE, TINY_DAE), (MultVAE, TINY_VAE)])
def test_scores_are_those_of_the_network_written_out(positives, cls, config):
    model = cls(config)
    model.fit(training_data(positives), FitOptions(seed=3))
    expected = reference_outputs(
        model.parameters_state(), torch.from_numpy(positives.toarray()), cls is MultVAE
    )
    expected = expected[0] if cls is MultVAE else expected
    assert_close(model.score(everyone(positives)), expected, rtol=1e-4, atol=1e-5)


def test_one_dae_step_is_adam_on_the_published_loss(positives):
    """Dense reference: no dropout, one batch, L2 on weights only, coupled into Adam."""
    config = TINY_DAE.replace(dropout=0.0, epochs=1, batch_size=100, l2=0.05)
    start = MultDAE(config)
    start.prepare(training_data(positives), FitOptions(seed=1))
    state = {k: v.detach().clone().requires_grad_() for k, v in start.parameters_state().items()}
    dense = torch.from_numpy(positives.toarray())
    log_p = torch.log_softmax(reference_outputs(state, dense, False), dim=1)
    penalty = sum(
        (0.05 * w.square().sum() for n, w in state.items() if n.endswith("weight")), torch.zeros(())
    )
    optimizer = torch.optim.Adam(state.values(), lr=config.learning_rate)
    loss = -(dense * log_p).sum(dim=1).mean()
    (loss + penalty).backward()
    optimizer.step()
    model = MultDAE(config)
    history = model.fit(training_data(positives), FitOptions(seed=1))
    assert history.rows[0].value == pytest.approx(loss.item(), rel=1e-5)
    for name, value in model.parameters_state().items():
        assert_close(value, state[name].detach(), rtol=1e-4, atol=1e-5)


def test_vae_loss_and_gradients_equal_the_dense_objective(positives):
    """Same noise, no dropout: NLL and beta * KL, both as means over users."""
    model = MultVAE(TINY_VAE.replace(dropout=0.0, beta_cap=0.3, anneal_steps=10, batch_size=100))
    model._beta_cap = 0.3
    model.prepare(training_data(positives), FitOptions(seed=1))
    model._step = 2
    state = {k: v.detach().clone().requires_grad_() for k, v in model.parameters_state().items()}
    dense = torch.from_numpy(positives.toarray())
    torch.manual_seed(5)
    noise = torch.randn(60, 8)
    _, mean, log_variance = reference_outputs(state, dense, True)
    code = mean + noise * torch.exp(0.5 * log_variance)
    h = torch.tanh(code @ state["decoder.0.weight"].T + state["decoder.0.bias"])
    log_p = torch.log_softmax(h @ state["decoder.1.weight"].T + state["decoder.1.bias"], dim=1)
    kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum() / 60
    expected = -(dense * log_p).sum() / 60 + 0.2 * kl
    expected.backward()
    torch.manual_seed(5)
    values = model._train_batch(positives, np.random.default_rng(0))
    assert values["loss"].item() == pytest.approx(expected.item(), rel=1e-5)
    assert values["beta"] == pytest.approx(0.2)
    for name, parameter in model.network.named_parameters():
        assert_close(parameter.grad, state[name].grad, rtol=1e-4, atol=1e-5)


def test_dae_ranks_the_communitys_unseen_items_first(positives):
    model = MultDAE(TINY_DAE.replace(epochs=40))
    history = model.fit(training_data(positives), FitOptions())
    losses = [row.value for row in history.rows if row.name == "loss"]
    assert losses[-1] < 0.9 * losses[0]
    newcomers = csr_array(
        (np.ones(6, np.float32), np.array([0, 3, 1, 4, 2, 5]), np.array([0, 2, 4, 6])), shape=(3, 24)
    )
    scores = model.score(Query(np.full(3, -1), newcomers)).numpy()
    same = np.arange(24) % 3 == np.arange(3)[:, None]
    assert (scores[same].reshape(3, 8).min(axis=1) > scores[~same].reshape(3, 16).mean(axis=1)).all()
    best = np.argsort(-scores, axis=1)[:, :6] % 3
    assert (best == np.arange(3)[:, None]).mean() > 0.9


def test_vae_without_kl_and_dropout_overfits(positives):
    """The loss comes close to its infimum, sum_u n_u log n_u / n."""
    config = TINY_VAE.replace(
        hidden=[64, 24], dropout=0.0, beta_cap=0.0, epochs=150, learning_rate=0.005, batch_size=60
    )
    history = MultVAE(config).fit(training_data(positives), FitOptions())
    losses = [row.value for row in history.rows if row.name == "loss"]
    counts = np.diff(positives.indptr)
    infimum = (counts * np.log(counts)).mean()
    assert infimum < losses[-1] < infimum + 0.1 * (losses[0] - infimum)


def test_empty_rows_do_not_count(positives):
    padded = csr_array(np.vstack([positives.toarray(), np.zeros((9, 24), np.float32)]))
    options = FitOptions(seed=2)
    models = [MultDAE(TINY_DAE), MultDAE(TINY_DAE)]
    for model, rows in zip(models, [positives, padded], strict=True):
        model.fit(training_data(rows), options)
    assert_close(models[0].score(everyone(positives)), models[1].score(everyone(positives)))
    with pytest.raises(DataError, match="no interactions"):
        models[0].fit(training_data(csr_array((4, 24), dtype=np.float32)), options)


def stop_after(epochs: int, batches: int):
    """A heartbeat that ends the fit in epoch `epochs` + 1 (each epoch beats once a batch and once)."""
    left = epochs * (batches + 1)

    def beat() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Cancelled("stopped")

    return beat


@pytest.mark.parametrize(("cls", "config"), [(MultDAE, TINY_DAE), (MultVAE, TINY_VAE)])
@pytest.mark.parametrize("stopped", [1, 4])
def test_a_resumed_fit_is_bit_equal(positives, tmp_path, monkeypatch, cls, config, stopped):
    monkeypatch.setattr("recdag.training.loop.CHECKPOINT_EVERY_SECONDS", 0.0)

    def first_item(scorer) -> float:
        return float(scorer.score(everyone(positives))[:, 0].mean())

    options = FitOptions(seed=7, checkpoint=tmp_path / "whole", validate=first_item)
    whole = cls(config)
    expected = whole.fit(training_data(positives), options)
    resumed_options = replace(options, checkpoint=tmp_path / "resumed")
    with pytest.raises(Cancelled):
        cls(config).fit(training_data(positives), replace(resumed_options, heartbeat=stop_after(stopped, 4)))
    resumed = cls(config)
    history = resumed.fit(training_data(positives), resumed_options)
    assert history.selected == expected.selected
    assert [(r.epoch, r.name, r.value) for r in history.rows] == [
        (r.epoch, r.name, r.value) for r in expected.rows
    ]
    for name, value in whole.parameters_state().items():
        assert torch.equal(value, resumed.parameters_state()[name])
    for whole_moment, resumed_moment in zip(
        whole.optimizer.state.values(), resumed.optimizer.state.values(), strict=True
    ):
        assert torch.equal(whole_moment["exp_avg_sq"], resumed_moment["exp_avg_sq"])


class PeakAt:
    """Validation that is best after a given number of calls."""

    def __init__(self, best: int) -> None:
        self.best, self.calls = best, 0

    def __call__(self, scorer) -> float:
        self.calls += 1
        return -abs(self.calls - self.best)


def test_anneal_then_cap_stops_at_the_beta_of_the_best_epoch(positives):
    config = TINY_VAE.replace(procedure="anneal_then_cap", epochs=8, anneal_epochs=10, patience=None)
    history = MultVAE(config).fit(training_data(positives), FitOptions(validate=PeakAt(5)))
    betas = {
        phase: [r.value for r in history.rows if r.phase == phase and r.name == "beta"]
        for phase in ("anneal", "capped")
    }
    assert len(betas["anneal"]) == len(betas["capped"]) == 8
    weighted = np.average([28, 29, 30, 31], weights=[16, 16, 16, 12])
    assert max(betas["anneal"]) == pytest.approx(weighted / 40)
    assert betas["capped"][-1] == pytest.approx(0.5)
    assert betas["capped"][:5] == pytest.approx(betas["anneal"][:5])
    assert history.selected == {"procedure": "single_run", "beta_cap": 0.5, "epochs": 1}


def test_the_selection_refits_without_validation(positives):
    config = TINY_VAE.replace(procedure="anneal_then_cap")
    selected = MultVAE(config).fit(training_data(positives), FitOptions(validate=PeakAt(3))).selected
    refit = MultVAE(config.replace(**selected)).fit(training_data(positives), FitOptions())
    assert max(r.value for r in refit.rows if r.name == "beta") <= selected["beta_cap"]
    with pytest.raises(ConfigError, match="validation"):
        MultVAE(config).fit(training_data(positives), FitOptions())


def test_beta_grows_by_step_or_by_epoch(positives):
    by_epoch = MultVAE(TINY_VAE.replace(anneal_epochs=5, beta_cap=0.7))
    by_step = MultVAE(TINY_VAE.replace(anneal_steps=20, anneal_epochs=999, beta_cap=0.7))
    for model in (by_epoch, by_step):
        model._beta_cap = 0.7
        model.prepare(training_data(positives), FitOptions())
        assert [model.beta(step) for step in (0, 5, 14, 100)] == pytest.approx([0, 0.25, 0.7, 0.7])


@pytest.mark.parametrize(
    ("cls", "config"),
    [
        (GaussianDAE, GaussianDAEConfig(hidden=[12], positive_weight=5.0)),
        (LogisticDAE, LogisticDAEConfig(hidden=[12])),
        (GaussianVAE, GaussianVAEConfig(hidden=[16, 8], procedure="single_run", beta_cap=0.05)),
        (LogisticVAE, LogisticVAEConfig(hidden=[16, 8], procedure="single_run", beta_cap=0.05)),
    ],
)
def test_other_likelihoods_learn_the_communities(positives, cls, config):
    model = cls(config.replace(batch_size=16, epochs=40, learning_rate=0.01))
    model.fit(training_data(positives), FitOptions())
    scores = model.score(everyone(positives)).numpy()
    unseen = positives.toarray() == 0
    same = np.arange(60)[:, None] % 3 == np.arange(24) % 3
    assert scores[unseen & same].mean() > scores[unseen & ~same].mean() + 0.5 * scores.std()


def test_logistic_output_bias_starts_at_item_frequency(positives):
    model = LogisticDAE(LogisticDAEConfig(hidden=[12]))
    model.prepare(training_data(positives), FitOptions())
    share = torch.sigmoid(model.parameters_state()["decoder.0.bias"])
    assert_close(
        share.double().numpy(), positives.toarray().mean(axis=0), rtol=1e-4, atol=1e-6, check_dtype=False
    )


def test_bfloat16_trains_close_to_float32(positives):
    losses = []
    for precision in ("float32", "bfloat16"):
        history = MultDAE(TINY_DAE.replace(precision=precision)).fit(training_data(positives), FitOptions())
        losses.append(history.rows[-1].value)
    assert losses[0] != losses[1]
    assert losses[1] == pytest.approx(losses[0], rel=0.01)


def test_configurations_are_checked():
    with pytest.raises(ConfigError, match="hidden"):
        MultDAEConfig(hidden=[])
    with pytest.raises(ConfigError, match="hidden"):
        MultDAEConfig(hidden=[200, 0])
    with pytest.raises(ConfigError, match="anneal_steps"):
        MultVAEConfig(anneal_steps=0)
