"""Bayesian personalized ranking with matrix factorization (Rendle et al. 2009)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import torch

from recdag.recommenders.base import Query
from recdag.recommenders.bpr import BPRConfig
from recdag.recommenders.shared.known_users import known_users
from recdag.recommenders.shared.parameter_model import ParameterModel
from recdag.training.data import TrainingData
from recdag.training.loop import seed_everything, train
from recdag.training.options import FitOptions, History
from recdag.training.samplers import NegativeSampler


class BPR(ParameterModel[BPRConfig]):
    """Scores p_u . q_i + b_i, trained so that a chosen item i scores above one not chosen, j.

    Minimises, summed over the triples of a batch (the paper's BPR-Opt),

        -ln sigmoid(s_ui - s_uj) + l2 / 2 (|p_u|^2 + |q_i|^2 + |q_j|^2)

    with pairs (u, i) uniform over the positives, each once an epoch, and j uniform over the items that
    u has not chosen. Where a batch holds one triple and the optimizer is SGD, this is the paper's
    LearnBPR.
    """

    folds_in: ClassVar[bool] = False
    _sampler: NegativeSampler

    def fit(self, data: TrainingData, options: FitOptions) -> History:
        config = self.config
        self.device = options.device
        self._sampler = NegativeSampler(data.positives, options.device)
        seed_everything(options.seed, options.phase, 0)
        self.parameters = {
            "user": torch.randn(data.n_users, config.factors, device=self.device) * config.init_std,
            "item": torch.randn(data.n_items, config.factors, device=self.device) * config.init_std,
            "item_bias": torch.zeros(data.n_items, device=self.device),
        }
        for value in self.parameters.values():
            value.grad = torch.zeros_like(value)
        learned = [self.parameters[name] for name in ("user", "item", "item_bias")[: 2 + config.item_bias]]
        self.optimizer = _OPTIMIZERS[config.optimizer](learned, lr=config.learning_rate, fused=True)
        return train(self, epochs=config.epochs, options=options, patience=config.patience)

    def train_epoch(self, rng: np.random.Generator, options: FitOptions) -> dict[str, float]:
        """One triple for each positive, in random order."""
        accumulate = _accumulate_on_cpu if self.device.type == "cpu" else _accumulate
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        for users, items in self._sampler.batches(self.config.batch_size, 1):
            self.optimizer.zero_grad(set_to_none=False)
            total += accumulate(self.parameters, users, items, self.config.l2)
            self.optimizer.step()
            options.heartbeat()
        return {"loss": total.item() / len(self._sampler)}

    def item_vectors(self) -> torch.Tensor:
        return self.parameters["item"]

    def score(self, query: Query, items: torch.Tensor | None = None) -> torch.Tensor:
        users = self.parameters["user"][known_users(query, self.device)]
        if items is None:
            return torch.addmm(self.parameters["item_bias"], users, self.parameters["item"].t())
        of_items = self.parameters["item"][items]
        return torch.bmm(of_items, users[:, :, None])[:, :, 0] + self.parameters["item_bias"][items]


_OPTIMIZERS: dict[str, Any] = {
    "adam": torch.optim.Adam,
    "adagrad": torch.optim.Adagrad,
    "sgd": torch.optim.SGD,
}


def _accumulate(
    parameters: dict[str, torch.Tensor], users: torch.Tensor, items: torch.Tensor, l2: float
) -> torch.Tensor:
    """Add the gradient of a batch's summed loss to each parameter's `grad`.

    Args:
        parameters: `user` (n, K), `item` (m, K), `item_bias` (m,), with `grad` in place.
        users: (G,) int64.
        items: (G, 2) int64, the chosen item first.
        l2: weight of the penalty.

    Returns:
        () the summed loss, the penalty left out.
    """
    chosen, other = items.unbind(1)
    bias = parameters["item_bias"]
    p, q, r = parameters["user"][users], parameters["item"][chosen], parameters["item"][other]
    difference = q - r
    margin = (p * difference).sum(1) + bias[chosen] - bias[other]
    slope = -torch.sigmoid(-margin)
    by_user, by_item, by_bias = (_gradient(parameters, name) for name in ("user", "item", "item_bias"))
    by_user.index_add_(0, users, slope[:, None] * difference + l2 * p)
    pull = slope[:, None] * p
    by_item.index_add_(0, chosen, pull + l2 * q)
    by_item.index_add_(0, other, l2 * r - pull)
    by_bias.index_add_(0, chosen, slope)
    by_bias.index_add_(0, other, -slope)
    return torch.nn.functional.softplus(-margin).sum()


def _accumulate_on_cpu(
    parameters: dict[str, torch.Tensor], users: torch.Tensor, items: torch.Tensor, l2: float
) -> float:
    """`_accumulate` in one pass over the triples, without intermediate tensors."""
    from recdag.recommenders.bpr.loops import accumulate_triples

    names = ("user", "item", "item_bias")
    values = [parameters[name].numpy() for name in names]
    gradients = [_gradient(parameters, name).numpy() for name in names]
    triples: Callable[..., float] = accumulate_triples
    return triples(*values, *gradients, users.numpy(), items.numpy(), np.float32(l2))


def _gradient(parameters: dict[str, torch.Tensor], name: str) -> torch.Tensor:
    gradient = parameters[name].grad
    assert gradient is not None
    return gradient
