"""Autoencoders on users' items: Mult-DAE, Mult-VAE^PR, and both with other likelihoods.

Liang, Krishnan, Hoffman, Jebara: Variational autoencoders for collaborative filtering (WWW 2018).
A user enters as the items of the history, L2-normalised, in training with inputs dropped, and
leaves as one output per item, by which items are ranked. Users have no parameters, so those who
were not in training are scored like all others.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, TypeVar

import numpy as np
import torch
from scipy.sparse import csr_array

from recdag.errors import ConfigError, DataError
from recdag.recommenders.autoencoders import (
    AutoencoderConfig,
    DAEConfig,
    GaussianDAEConfig,
    GaussianVAEConfig,
    LogisticDAEConfig,
    LogisticVAEConfig,
    MultDAEConfig,
    MultVAEConfig,
    VAEConfig,
)
from recdag.recommenders.autoencoders.network import Network, autoencoder_input
from recdag.recommenders.base import Query
from recdag.recommenders.shared.likelihoods import (
    Gaussian,
    Likelihood,
    Logistic,
    Multinomial,
    Targets,
    negative_log_likelihood,
)
from recdag.recommenders.shared.network_model import NetworkModel
from recdag.training.data import TrainingData
from recdag.training.loop import seed_everything
from recdag.training.options import FitOptions, History

A = TypeVar("A", bound=AutoencoderConfig)
D = TypeVar("D", bound=DAEConfig)
V = TypeVar("V", bound=VAEConfig)


class Autoencoder(NetworkModel[A]):
    """What all autoencoders share; a subclass states its network, code and likelihood."""

    folds_in = True
    network: Network

    @abstractmethod
    def likelihood(self) -> Likelihood:
        """What the outputs are compared with the user's items by."""

    @abstractmethod
    def new_network(self, n_items: int) -> Network:
        """An untrained network for m items."""

    @abstractmethod
    def point_code(self, inputs: csr_array) -> torch.Tensor:
        """(B, K) code by which (B, m) inputs are decoded when scoring."""

    @abstractmethod
    def training_code(self, inputs: csr_array) -> tuple[torch.Tensor, torch.Tensor, dict[str, Any]]:
        """Code (B, K) in training, its penalty () and what the learning curve shows of it."""

    def weight_decay(self) -> float:
        """Weight decay of Adam, on weights alone."""
        return 0.0

    def prepare(self, data: TrainingData, options: FitOptions) -> None:
        self.device = options.device
        counts = np.diff(data.positives.indptr)
        self._rows = data.positives[np.flatnonzero(counts)]
        if self._rows.nnz == 0:
            raise DataError("no interactions to train on", cure="Check the filters of the data set")
        seed_everything(options.seed, "init")
        network = self.new_network(data.n_items)
        frequency = np.bincount(self._rows.indices, minlength=data.n_items) / self._rows.shape[0]
        bias = self.likelihood().output_bias(frequency)
        if bias is not None:
            network.decoder[-1].load_state_dict({"bias": torch.from_numpy(bias)}, strict=False)
        self.network = network.to(self.device)
        named = list(self.network.named_parameters())
        weights = [parameter for name, parameter in named if name.endswith("weight")]
        biases = [parameter for name, parameter in named if name.endswith("bias")]
        groups: list[dict[str, Any]] = [
            {"params": weights, "weight_decay": self.weight_decay()},
            {"params": biases},
        ]
        self.optimizer = torch.optim.Adam(
            groups,
            lr=self.config.learning_rate,
            fused=True,
        )
        self._step = 0

    @property
    def steps_per_epoch(self) -> int:
        """Optimizer steps in one pass over the users of the training data."""
        return -(-self._rows.shape[0] // self.config.batch_size)

    def train_epoch(self, rng: np.random.Generator, options: FitOptions) -> dict[str, float]:
        n_users = self._rows.shape[0]
        order = rng.permutation(n_users)
        totals: dict[str, Any] = {}
        for start in range(0, n_users, self.config.batch_size):
            chosen = self._rows[order[start : start + self.config.batch_size]]
            values = self._train_batch(chosen, rng)
            for name, value in values.items():
                totals[name] = totals.get(name, 0.0) + value * (chosen.shape[0] / n_users)
            options.heartbeat()
        return {name: float(value) for name, value in totals.items()}

    def _train_batch(self, chosen: csr_array, rng: np.random.Generator) -> dict[str, Any]:
        inputs = autoencoder_input(chosen, self.config.dropout, rng)
        code, penalty, curve = self.training_code(inputs)
        low_precision = self.config.precision == "bfloat16"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=low_precision):
            outputs = self.network.decode(code)
        targets = Targets.from_matrix(chosen, self.device)
        loss = negative_log_likelihood(self.likelihood(), outputs, targets) + penalty
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self._step += 1
        return {"loss": loss.detach(), **curve}

    @torch.no_grad()
    def score(self, query: Query, items: torch.Tensor | None = None) -> torch.Tensor:
        outputs = self.network.decode(self.point_code(autoencoder_input(query.history)))
        return outputs if items is None else outputs.gather(1, items.to(self.device))

    def training_state(self) -> dict[str, Any]:
        return super().training_state() | {"step": self._step}

    def load_training_state(self, state: dict[str, Any]) -> None:
        super().load_training_state(state)
        self._step = state["step"]

    def load_parameters(self, state: dict[str, torch.Tensor]) -> None:
        self.network = Network.shaped_like(state).to(self.device)
        self.network.load_state_dict(state)


class DenoisingAutoencoder(Autoencoder[D]):
    """The code is a point; lambda * |W|^2 is added to the loss (section 2.3)."""

    def new_network(self, n_items: int) -> Network:
        return Network(n_items, self.config.hidden, self.config.hidden[::-1])

    def point_code(self, inputs: csr_array) -> torch.Tensor:
        return torch.tanh(self.network.encode(inputs))

    def training_code(self, inputs: csr_array) -> tuple[torch.Tensor, torch.Tensor, dict[str, Any]]:
        return self.point_code(inputs), torch.zeros((), device=self.device), {}

    def weight_decay(self) -> float:
        """The gradient of lambda * |W|^2 is 2 lambda W."""
        return 2.0 * self.config.l2


class VariationalAutoencoder(Autoencoder[V]):
    """The code is Gaussian; beta * KL(q(z | x) || N(0, I)) is added to the loss (equation 6).

    The encoder ends in [mu; log sigma^2]. Training decodes a sample of z, scoring decodes mu.
    """

    _beta_cap: float

    def new_network(self, n_items: int) -> Network:
        *wide, latent = self.config.hidden
        return Network(n_items, [*wide, 2 * latent], self.config.hidden[::-1])

    def point_code(self, inputs: csr_array) -> torch.Tensor:
        return self.network.encode(inputs).chunk(2, dim=1)[0]

    def training_code(self, inputs: csr_array) -> tuple[torch.Tensor, torch.Tensor, dict[str, Any]]:
        mean, log_variance = self.network.encode(inputs).chunk(2, dim=1)
        sample = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
        kl, beta = kl_to_standard_normal(mean, log_variance), self.beta(self._step)
        return sample, beta * kl, {"kl": kl.detach(), "beta": beta}

    def beta(self, step: int) -> float:
        """Weight of the KL term after `step` optimizer steps: linear, up to the cap."""
        steps = self.config.anneal_steps or self.config.anneal_epochs * self.steps_per_epoch
        return min(self._beta_cap, step / steps)

    def fit(self, data: TrainingData, options: FitOptions) -> History:
        """Learn from `data`, with `anneal_then_cap` in two runs (section 2.2.2).

        The first anneals beta to 1; the beta at its best epoch caps the same schedule in the
        second. `History.selected` then describes the second as a `single_run`.

        Raises:
            ConfigError: `anneal_then_cap` without validation.
        """
        if self.config.procedure == "single_run":
            self._beta_cap = self.config.beta_cap
            return super().fit(data, options)
        if options.validate is None:
            raise ConfigError(
                "procedure anneal_then_cap chooses beta on validation, and there is none",
                cure="Set procedure: single_run and beta_cap",
            )
        self._beta_cap = 1.0
        first = super().fit(data, options.in_phase("anneal"))
        self._beta_cap = self.beta(int(first.selected["epochs"]) * self.steps_per_epoch)
        second = super().fit(data, options.in_phase("capped"))
        second.rows = first.rows + second.rows
        second.selected |= {"procedure": "single_run", "beta_cap": self._beta_cap}
        return second


def kl_to_standard_normal(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    """KL(N(mean, exp(log_variance)) || N(0, I)), summed over (B, K) columns, mean over rows."""
    return 0.5 * (mean.square() + log_variance.exp() - 1.0 - log_variance).sum(dim=1).mean()


class MultDAE(DenoisingAutoencoder[MultDAEConfig]):
    """Mult-DAE."""

    def likelihood(self) -> Likelihood:
        return Multinomial()


class MultVAE(VariationalAutoencoder[MultVAEConfig]):
    """Mult-VAE^PR."""

    def likelihood(self) -> Likelihood:
        return Multinomial()


class GaussianDAE(DenoisingAutoencoder[GaussianDAEConfig]):
    """Mult-DAE's network with weighted squared error (Table 4)."""

    def likelihood(self) -> Likelihood:
        return Gaussian(self.config.positive_weight, self.config.unobserved_weight)


class GaussianVAE(VariationalAutoencoder[GaussianVAEConfig]):
    """Mult-VAE's network with weighted squared error (Table 4)."""

    def likelihood(self) -> Likelihood:
        return Gaussian(self.config.positive_weight, self.config.unobserved_weight)


class LogisticDAE(DenoisingAutoencoder[LogisticDAEConfig]):
    """Mult-DAE's network with one binary cross-entropy an item (Table 4)."""

    def likelihood(self) -> Likelihood:
        return Logistic()


class LogisticVAE(VariationalAutoencoder[LogisticVAEConfig]):
    """Mult-VAE's network with one binary cross-entropy an item (Table 4)."""

    def likelihood(self) -> Likelihood:
        return Logistic()
