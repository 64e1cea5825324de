"""CDAE: collaborative denoising autoencoders (Wu, DuBois, Zheng, Ester 2016)."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import torch
from scipy.sparse import csr_array

from recdag.errors import DataError
from recdag.recommenders.base import Query
from recdag.recommenders.cdae import CDAEConfig
from recdag.recommenders.cdae.network import CDAENetwork, CellLoss, corrupted, expected_weights, whole_input
from recdag.recommenders.shared.adam import Adam
from recdag.recommenders.shared.likelihoods import Targets
from recdag.recommenders.shared.network_model import NetworkModel
from recdag.recommenders.shared.user_vectors import user_vectors
from recdag.training.data import TrainingData
from recdag.training.loop import seed_everything
from recdag.training.options import FitOptions
from recdag.training.samplers import NegativeSampler


class CDAE(NetworkModel[CDAEConfig]):
    """Scores W'_i . h_u + b'_i, h_u = g(sum_(j in X_u) W_j + V_u + b), V_u being a vector of the user.

    Training drops a share q of X_u from the input anew in each pass, and compares the outputs with X_u:

        sampled (Wu et al. 2016): the loss of X_u and of `negatives` items not chosen for each item of
            X_u, drawn anew in each pass, plus lambda / 2 |x|^2 for each vector and bias x at each of its
            uses; AdaGrad. The paper makes an update for each user, this one for the summed loss of
            `batch_size` users: the rows V_u see the same steps, what users share sees fewer and larger.
        full (Liang et al. 2018, section 4.2): the mean over users of the expected loss of the same,
            computed on all cells; Adam with weight decay lambda on V, W, W'. They state neither weights
            nor initialisation.

    Scoring takes the whole X_u, unscaled. The activation o of the output keeps the order and is left
    out of scores. V_u is not defined for users who were not in training; `unseen_users` says what takes
    its place. With "steps", it minimises the user's own part of the full objective by Adam from zero.
    """

    folds_in: ClassVar[bool] = True
    network: CDAENetwork
    _sampler: NegativeSampler

    def prepare(self, data: TrainingData, options: FitOptions) -> None:
        config = self.config
        self.device = options.device
        self._positives = data.positives
        self._counts = np.diff(data.positives.indptr)
        self._active = np.flatnonzero(self._counts)
        if len(self._active) == 0:
            raise DataError("no interactions to train on", cure="Check the filters of the data set")
        seed_everything(options.seed, options.phase, 0)
        network = CDAENetwork(
            data.n_users, data.n_items, config.factors, config.hidden_activation, tied=config.tied
        )
        network.initialise(config.init_scale * (6 / (data.n_items + config.factors)) ** 0.5)
        self.network = network.to(self.device)
        if config.form == "sampled":
            self._sampler = NegativeSampler(data.positives, self.device)
            # AdaGrad as in the authors' code: steps are divided by 1 + sqrt(1e-4 + squares).
            self.optimizer = torch.optim.Adagrad(
                self.network.parameters(), lr=config.learning_rate, initial_accumulator_value=1e-4, eps=1.0
            )
        else:
            named = list(self.network.named_parameters())
            vectors = [each for name, each in named if not name.endswith("bias")]
            biases = [each for name, each in named if name.endswith("bias")]
            groups: list[dict[str, Any]] = [
                {"params": vectors, "weight_decay": config.l2},
                {"params": biases},
            ]
            self.optimizer = torch.optim.Adam(groups, lr=config.learning_rate, fused=True)

    @property
    def _loss(self) -> CellLoss:
        return CellLoss(self.config.loss, self.config.output_activation)

    def train_epoch(self, rng: np.random.Generator, options: FitOptions) -> dict[str, float]:
        """One pass over the users; the loss is a mean over users, without penalty."""
        config = self.config
        order = rng.permutation(self._active)
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        for start in range(0, len(order), config.batch_size):
            users = order[start : start + config.batch_size]
            inputs = corrupted(self._positives[users], config.corruption, config.scale_input, rng)
            loss, objective = self.loss(users, inputs)
            self.optimizer.zero_grad()
            objective.backward()
            self.optimizer.step()
            total += loss.detach()
            options.heartbeat()
        return {"loss": total.item() / len(order)}

    def loss(self, users: np.ndarray, inputs: csr_array) -> tuple[torch.Tensor, torch.Tensor]:
        """The loss of B users, summed, and the objective whose gradient the optimizer takes.

        Args:
            users: (B,) rows of the training data.
            inputs: (B, m) what is left of their items.
        """
        network = self.network
        nodes = network.user(torch.from_numpy(users).to(self.device))
        scores = network.scores(network.code(network.input(inputs), nodes))
        chosen = self._positives[users]
        targets = Targets.from_matrix(chosen, self.device)
        if self.config.form == "full":
            weights = expected_weights(targets.counts, chosen.shape[1], self.config.negatives)
            loss = self._loss.of_users(scores, targets, weights).sum()
            return loss, loss / len(users)
        drawn = self._drawn(users)
        loss = self._loss.of_users(scores, targets, drawn).sum()
        return loss, loss + self.config.l2 / 2 * self._squared_uses(inputs, chosen, drawn, nodes)

    def _drawn(self, users: np.ndarray) -> torch.Tensor:
        """(B, m) how often each item is drawn as a negative of each of B users."""
        n_items = self._positives.shape[1]
        # Nothing can be set against a user who chose all items.
        usable = self._counts[users] < n_items
        numbers = np.where(usable, self.config.negatives * self._counts[users], 0)
        rows = torch.from_numpy(np.repeat(np.arange(len(users)), numbers)).to(self.device)
        items = self._sampler.draw(torch.from_numpy(np.repeat(users, numbers)).to(self.device))
        counted = torch.bincount(rows * n_items + items, minlength=len(users) * n_items)
        return counted.view(len(users), n_items).float()

    def _squared_uses(
        self, inputs: csr_array, chosen: csr_array, drawn: torch.Tensor, nodes: torch.Tensor
    ) -> torch.Tensor:
        """Squared norms of the parameters that B users meet, once for each time they meet them."""
        network = self.network
        seen, met = (
            torch.from_numpy(np.bincount(each.indices, minlength=each.shape[1])).to(self.device)
            for each in (inputs, chosen)
        )
        compared = met + drawn.sum(0)
        return (
            (seen * network.input.weight.square().sum(1)).sum()
            + (compared * network.output_weight.square().sum(1)).sum()
            + (compared * network.output_bias.square()).sum()
            + nodes.square().sum()
            + len(drawn) * network.input.bias.square().sum()
        )

    @torch.no_grad()
    def score(self, query: Query, items: torch.Tensor | None = None) -> torch.Tensor:
        network = self.network
        nodes = user_vectors(query, network.user.weight, self._unseen_nodes)
        scores = network.scores(network.code(network.input(whole_input(query.history)), nodes))
        return scores if items is None else scores.gather(1, items.to(self.device))

    def _unseen_nodes(self, history: csr_array) -> torch.Tensor:
        """(B, K) user nodes for (B, m) histories."""
        learned = self.network.user.weight.detach()
        shape = (history.shape[0], learned.shape[1])
        match self.config.unseen_users:
            case "zero":
                return torch.zeros(shape, device=self.device)
            case "mean":
                return learned.mean(dim=0).expand(shape)
            case "steps":
                return self._fitted_nodes(history)

    @torch.enable_grad()
    def _fitted_nodes(self, history: csr_array) -> torch.Tensor:
        config, network = self.config, self.network
        with torch.no_grad():
            summed = network.input(whole_input(history))
        targets = Targets.from_matrix(history, self.device)
        weights = expected_weights(targets.counts, history.shape[1], config.negatives)
        # In the full form the penalty stands beside a mean over users, here beside one user's loss.
        l2 = config.l2 if config.form == "sampled" else config.l2 * network.user.num_embeddings
        nodes = torch.zeros_like(summed, requires_grad=True)
        optimizer = Adam(nodes, config.fold_in_learning_rate)
        for _ in range(config.fold_in_steps):
            scores = network.scores(network.code(summed, nodes))
            loss = self._loss.of_users(scores, targets, weights).sum()
            objective = loss + l2 / 2 * nodes.square().sum()
            (gradient,) = torch.autograd.grad(objective, [nodes])
            optimizer.step(gradient)
        return nodes.detach()

    def load_parameters(self, state: dict[str, torch.Tensor]) -> None:
        network = CDAENetwork.from_state(state, self.config.hidden_activation)
        self.network = network.to(self.device)
