"""MFPR, adapted: pairwise ranking of users who are described by all their feedback.

The text of the publication was not at hand. This is our reading of its part on implicit feedback,
built like SVD++, and is to be labelled "MFPR (adapted)" wherever it is shown.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import torch
from scipy.sparse import csr_array, hstack
from torch.nn.functional import embedding, softplus

from recdag.recommenders.base import Query
from recdag.recommenders.multi_feedback import MFPRConfig
from recdag.recommenders.multi_feedback.feedback import (
    FeedbackSampler,
    FeedbackTable,
    cells_of,
    look_up,
    supportive_share,
)
from recdag.recommenders.shared.known_users import known_users
from recdag.recommenders.shared.parameter_model import ParameterModel
from recdag.recommenders.shared.sparse_linear import SparseRows
from recdag.recommenders.shared.user_vectors import inner_products
from recdag.training.data import TrainingData
from recdag.training.loop import seed_everything, train
from recdag.training.options import FitOptions, History


class MFPR(ParameterModel[MFPRConfig]):
    """Scores b_i + q_i . x_u with x_u = p_u + sum_t |N_t(u)|^-1/2 sum_(j in N_t(u)) y_j^t.

    N_t(u) are the items to which u gave the supportive feedback t. An item i that she chose is to score
    above one that she did not, j; minimised is the mean over such pairs of

        -w_uj ln sigmoid(s_ui - s_uj) + l2 / 2 (|x_u|^2 + |q_i|^2 + |q_j|^2)

    with w_uj = 1 / (1 + count of u's supportive feedback on j): the more she did with j, the less it
    counts as an item that she does not want. Without `own_feedback`, y_i^t is left out of the x_u that
    scores i itself.
    """

    folds_in: ClassVar[bool] = False
    _scoring: dict[str, torch.Tensor]

    def fit(self, data: TrainingData, options: FitOptions) -> History:
        config = self.config
        self.device = options.device
        share = supportive_share(config.sampler, config.supportive_share)
        self._sampler = FeedbackSampler(data, share, self.device)
        self._feedback = FeedbackTable(data, self.device)
        met = _normalised(data)
        self._met = SparseRows.from_matrix(met, self.device)
        self._met_by = SparseRows.from_matrix(csr_array(met.T), self.device)
        self._scale = torch.as_tensor(_scale(data), device=self.device)

        seed_everything(options.seed, options.phase, 0)
        self.parameters = {
            "user": torch.randn(data.n_users, config.factors, device=self.device) * config.init_std,
            "item": torch.randn(data.n_items, config.factors, device=self.device) * config.init_std,
            "met": torch.zeros(met.shape[1], config.factors, device=self.device),
            "item_bias": torch.zeros(data.n_items, device=self.device),
        }
        self.optimizer = torch.optim.Adam(self.parameters.values(), lr=config.learning_rate, fused=True)
        return train(self, epochs=config.epochs, options=options, patience=config.patience)

    def train_epoch(self, rng: np.random.Generator, options: FitOptions) -> dict[str, float]:
        """One pass over the positives, each with `negatives` negatives drawn anew."""
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        for users, items in self._sampler.batches(self.config.batch_size, self.config.negatives):
            total += self._backpropagate(users, items) * len(users)
            self.optimizer.step()
            options.heartbeat()
        self._prepare_scoring()
        return {"loss": total.item() / len(self._sampler)}

    def _backpropagate(self, users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        """Put the gradient of the mean loss in `grad` of each parameter.

        Args:
            users: (G,) int64.
            items: (G, 1 + k) int64, the chosen item first.

        Returns:
            () the mean loss, the penalty left out.
        """
        parameters = self.parameters
        described = self._described_users().requires_grad_()
        leaves = {name: parameters[name].detach().requires_grad_() for name in ("item", "met", "item_bias")}
        x, q = embedding(users, described), embedding(items, leaves["item"])
        counts = self._feedback(users, items)
        scores = (x[:, None] * q).sum(-1) + leaves["item_bias"][items]
        if not self.config.own_feedback:
            scores = scores - self._own(users, items, counts > 0, q, leaves["met"])
        weight = 1 / (1 + counts[:, 1:].sum(-1))
        loss = (weight * softplus(scores[:, 1:] - scores[:, :1])).mean()
        negatives = q[:, 1:].square().sum(-1).mean()
        penalty = (x.square().sum(-1) + q[:, 0].square().sum(-1)).mean() + negatives
        (loss + self.config.l2 / 2 * penalty).backward()

        assert described.grad is not None
        parameters["user"].grad = described.grad
        for name, leaf in leaves.items():
            parameters[name].grad = leaf.grad
        through_users = self._met_by.times(described.grad)
        own = leaves["met"].grad
        parameters["met"].grad = through_users if own is None else through_users + own
        return loss.detach()

    def _described_users(self) -> torch.Tensor:
        """(n, K) vectors x_u."""
        return self.parameters["user"] + self._met.times(self.parameters["met"])

    def _own(
        self,
        users: torch.Tensor,
        items: torch.Tensor,
        given: torch.Tensor,
        q: torch.Tensor,
        met: torch.Tensor,
    ) -> torch.Tensor:
        """(G, S) what u's feedback on i itself adds to s_ui.

        Args:
            users, items: (G,), (G, S).
            given: (G, S, T) bool, i is in N_t(u).
            q: (G, S, K) item vectors.
            met: (T * m, K) the vectors y.
        """
        share = given * self._scale[users][:, None]
        own = torch.zeros_like(q)
        y = met.view(share.shape[-1], len(self.parameters["item"]), met.shape[1])
        for behaviour in range(len(y)):
            own = own + share[..., behaviour, None] * embedding(items, y[behaviour])
        return (own * q).sum(-1)

    def _prepare_scoring(self) -> None:
        """What `score` needs: x_u instead of its parts, and the own feedback that is to be taken off."""
        parameters = self.parameters
        self._scoring = {name: parameters[name].clone() for name in ("item", "item_bias")}
        self._scoring["user"] = self._described_users()
        if not self.config.own_feedback:
            keys = self._feedback.keys
            users, items = keys // len(parameters["item"]), (keys % len(parameters["item"]))[:, None]
            given = (self._feedback.counts > 0)[:, None]
            q = parameters["item"][items]
            self._scoring["own_keys"] = keys
            self._scoring["own"] = self._own(users, items, given, q, parameters["met"])[:, 0]

    def load_training_state(self, state: dict[str, Any]) -> None:
        super().load_training_state(state)
        self._prepare_scoring()

    def parameters_state(self) -> dict[str, torch.Tensor]:
        return self._scoring

    def load_parameters(self, state: dict[str, torch.Tensor]) -> None:
        self._scoring = {name: value.to(self.device) for name, value in state.items()}

    def item_vectors(self) -> torch.Tensor:
        return self._scoring["item"]

    def score(self, query: Query, items: torch.Tensor | None = None) -> torch.Tensor:
        scoring = self._scoring
        users = known_users(query, self.device)
        scores = inner_products(scoring["user"][users], scoring["item"], items)
        scores += scoring["item_bias"] if items is None else scoring["item_bias"][items]
        if "own" not in scoring:
            return scores
        keys, own, n_items = scoring["own_keys"], scoring["own"], len(scoring["item"])
        if items is not None:
            return scores - look_up(keys, own, users[:, None] * n_items + items)
        rows, cells = cells_of(keys, users, n_items)
        scores[rows, keys[cells] % n_items] -= own[cells]
        return scores


def _scale(data: TrainingData) -> np.ndarray:
    """(n, T) float32 |N_t(u)|^-1/2, 0 for users without feedback t."""
    numbers = np.empty((data.n_users, len(data.supportive)))
    for behaviour, counts in enumerate(data.supportive.values()):
        numbers[:, behaviour] = np.diff(counts.indptr)
    return np.where(numbers > 0, np.maximum(numbers, 1) ** -0.5, 0).astype(np.float32)


def _normalised(data: TrainingData) -> csr_array:
    """(n, T * m), |N_t(u)|^-1/2 in column t * m + j where u gave item j feedback t."""
    parts = [csr_array((data.n_users, 0), dtype=np.float32)]
    for scale, counts in zip(_scale(data).T, data.supportive.values(), strict=True):
        values = np.repeat(scale, np.diff(counts.indptr))
        parts.append(csr_array((values, counts.indices, counts.indptr), shape=counts.shape))
    return csr_array(hstack(parts, format="csr", dtype=np.float32))
