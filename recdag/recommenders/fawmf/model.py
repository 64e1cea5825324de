"""Fast adaptively weighted matrix factorization (Chen et al., AAAI 2020).

Each cell weighs as much as the user is likely to know the item; that exposure is learned through
communities of users. `fawmf_gradients` has the mathematics.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import torch
from scipy.sparse import csr_array

from recdag.errors import DataError
from recdag.recommenders.base import Query, Recommender
from recdag.recommenders.fawmf import FAWMFConfig
from recdag.recommenders.fawmf.gradients import (
    CellObjective,
    Parameters,
    Penalties,
    Positives,
    cached_objective,
    dense_objective,
    expose,
    objective_and_gradient,
    positive_excess,
    sampled_objective,
    weighted_grams,
)
from recdag.recommenders.fawmf.kernels import CellLoss, Cells
from recdag.recommenders.shared.adam import Adam
from recdag.recommenders.shared.user_vectors import inner_products, user_vectors
from recdag.training.data import TrainingData
from recdag.training.loop import seed_everything, train
from recdag.training.options import FitOptions, History, Scorer
from recdag.training.samplers import NegativeSampler

SMALLEST_SLOPE = 1e-5
SCORES = ("inner_product", "expected_exposure")


class FAWMF(Recommender[FAWMFConfig]):
    """Matrix factorization with learned exposure, trained on all cells with full-batch Adam."""

    folds_in: ClassVar[bool] = True
    _parameters: Parameters
    _optimizer: torch.optim.Optimizer
    _fitted: dict[str, torch.Tensor]

    def fit(self, data: TrainingData, options: FitOptions) -> History:
        config = self.config
        self.prepare(data, options)
        validate = options.validate if config.score == "validation" else None
        if validate:
            options = replace(options, validate=self._better_of_both(validate))
        history = train(self, epochs=config.epochs, options=options, patience=config.patience)
        if validate:
            history.selected["score"] = SCORES[int(self._fitted["score"])]
        return history

    def prepare(self, data: TrainingData, options: FitOptions) -> None:
        """Put data, initial parameters (as in the authors' code) and the optimizer in place.

        Raises:
            DataError: there is no interaction to learn from.
        """
        if data.positives.nnz == 0:
            raise DataError("no interactions to train on", cure="Check the filters of the data set")
        config, self.device = self.config, options.device
        n, m, k, d = data.n_users, data.n_items, config.factors, config.communities
        transposed = csr_array(data.positives.T)
        self._positives = Positives(
            Cells.from_matrix(data.positives, self.device), Cells.from_matrix(transposed, self.device)
        )
        self._popularity = np.diff(transposed.indptr).astype(np.float64)
        if config.training.startswith("sgd"):
            self._sampler = NegativeSampler(transposed, self.device)
        seed_everything(options.seed, options.phase, 0)

        def uniform(*shape: int, low: float, high: float) -> torch.Tensor:
            return torch.empty(shape).uniform_(low, high).to(self.device)

        self._parameters = Parameters(
            users=uniform(n, k, low=0, high=0.1),
            items=uniform(m, k, low=0, high=0.1),
            membership=uniform(n, d, low=-0.5, high=0.5),
            influence=torch.ones(n, device=self.device),
            slope=uniform(m, low=0.01, high=0.02),
            intercept=uniform(m, low=-0.5, high=0.5),
        )
        learned = self._parameters.named()
        if config.influence == "fixed":
            del learned["influence"]
        self._learned = list(learned)
        self._optimizer = torch.optim.Adam(learned.values(), lr=config.learning_rate, fused=True)
        self._refresh(SCORES.index("expected_exposure") if config.score == "expected_exposure" else 0)

    def train_epoch(self, rng: np.random.Generator, options: FitOptions) -> dict[str, float]:
        """`iterations_per_epoch` steps of Adam; the loss is the objective before the last one."""
        config, parameters = self.config, self._parameters
        objective = self._objective(rng)
        penalties = Penalties(config.l2, config.l2_membership, config.l2_exposure)
        for _ in range(config.iterations_per_epoch):
            loss, gradient = objective_and_gradient(
                parameters, self._positives, objective, penalties, config.epsilon
            )
            for name in self._learned:
                getattr(parameters, name).grad = getattr(gradient, name)
            self._optimizer.step()
            parameters.slope.clamp_(min=SMALLEST_SLOPE)
            options.heartbeat()
        self._refresh(int(self._fitted["score"]))
        return {"loss": loss.item()}

    def exposure(self, users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        """(S,) probability gamma that training users (S,) know items (S,): the cells' weights."""
        return torch.sum(self._fitted["theta"][users] * self._fitted["reach"][items], 1)

    def score(self, query: Query, items: torch.Tensor | None = None) -> torch.Tensor:
        fitted = self._fitted
        width = fitted["users"].shape[1]
        known = torch.cat([fitted["users"], fitted["theta"]], 1)
        rows = user_vectors(query, known, self._fold_in)
        scores = inner_products(rows[:, :width], fitted["items"], items)
        if SCORES[int(fitted["score"])] == "expected_exposure":
            scores = scores * inner_products(rows[:, width:], fitted["reach"], items)
        return scores

    def item_vectors(self) -> torch.Tensor:
        return self._fitted["items"]

    def training_state(self) -> dict[str, Any]:
        return {
            "parameters": self._parameters.named(),
            "optimizer": self._optimizer.state_dict(),
            "score": self._fitted["score"],
        }

    def load_training_state(self, state: dict[str, Any]) -> None:
        for name, value in state["parameters"].items():
            getattr(self._parameters, name).copy_(value)
        self._optimizer.load_state_dict(state["optimizer"])
        self._refresh(int(state["score"]))

    def parameters_state(self) -> dict[str, torch.Tensor]:
        return self._fitted

    def load_parameters(self, state: dict[str, torch.Tensor]) -> None:
        self._fitted = {name: value.to(self.device) for name, value in state.items()}

    def _objective(self, rng: np.random.Generator) -> CellObjective:
        config = self.config
        if config.training == "fbgd":
            return cached_objective(self._positives, config.epsilon)
        if config.training == "bgd":
            return dense_objective(self._positives, config.epsilon)
        by_popularity = config.training == "sgd_popularity"
        weights = self._popularity if by_popularity else np.ones_like(self._popularity)
        return sampled_objective(
            self._positives,
            config.epsilon,
            self._sampler,
            weights,
            config.negatives,
            config.sample_weight,
            rng,
        )

    def _refresh(self, score: int) -> None:
        """Take what scores are made of from the parameters."""
        parameters = self._parameters
        exposure = expose(parameters, self._positives)
        self._fitted = {
            "users": parameters.users,
            "items": parameters.items,
            "theta": exposure.theta,
            "reach": exposure.reach,
            "score": torch.tensor(score),
        }

    def _better_of_both(self, validate: Callable[[Scorer], float]) -> Callable[[Scorer], float]:
        """A validation that tries both scores and leaves the better one in place."""

        def tried(model: Scorer) -> float:
            values = []
            for score in range(len(SCORES)):
                self._fitted["score"] = torch.tensor(score)
                values.append(validate(model))
            self._fitted["score"] = torch.tensor(int(np.argmax(values)))
            return max(values)

        return tried

    def _fold_in(self, history: csr_array) -> torch.Tensor:
        """(B, K + D) vectors and membership of users given by their items, all items held fixed.

        In turn the vectors solve their ridge regression exactly, and Adam takes a step on the
        logits of the membership.
        """
        config = self.config
        items, reach = self._fitted["items"], self._fitted["reach"]
        cells = Cells.from_matrix(history, self.device)
        grams, reach_sum = weighted_grams(items, reach), reach.sum(0)
        ridge = config.l2 / 2 * torch.eye(items.shape[1], device=self.device)
        logits = items.new_zeros(history.shape[0], reach.shape[1])
        optimizer = Adam(logits, config.learning_rate)
        users = items.new_zeros(history.shape[0], items.shape[1])
        for _ in range(config.fold_in_steps):
            theta = logits.softmax(1)
            weighted = cells.gradients(users, theta, items, reach, CellLoss(0.0, 1.0, 0.0)).row_vectors
            normal = torch.einsum("bd,dkl->bkl", theta, grams) + ridge
            users = torch.linalg.solve(normal, weighted)
            by_theta = torch.einsum("bk,dkl,bl->bd", users, grams, users) - config.epsilon**2 * reach_sum
            by_theta += cells.gradients(
                users, theta, items, reach, positive_excess(config.epsilon)
            ).row_shares
            by_logits = theta * (by_theta - (by_theta * theta).sum(1, keepdim=True))
            optimizer.step(by_logits + config.l2_membership * logits)
        return torch.cat([users, logits.softmax(1)], 1)
