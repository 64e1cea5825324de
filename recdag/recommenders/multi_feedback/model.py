"""MF, multi-branch MLP, and both joined, over several kinds of implicit feedback."""

from __future__ import annotations

from typing import ClassVar, TypeVar

import numpy as np
import torch
from torch.nn.functional import softplus

from recdag.recommenders.base import Query
from recdag.recommenders.multi_feedback import MFConfig, MFMMLPConfig, MMLPConfig
from recdag.recommenders.multi_feedback.feedback import FeedbackSampler, FeedbackTable, supportive_share
from recdag.recommenders.multi_feedback.network import FeedbackNetwork, initial_parameters
from recdag.recommenders.shared.known_users import known_users
from recdag.recommenders.shared.parameter_model import ParameterModel
from recdag.training.data import TrainingData
from recdag.training.loop import seed_everything, train
from recdag.training.options import FitOptions, History

C = TypeVar("C", bound=MFConfig)
B = TypeVar("B", bound=MMLPConfig)


class _MultiFeedback(ParameterModel[C]):
    """Training on pairs of a chosen item i and another one j, -ln sigmoid(z_ui - z_uj), and scoring.

    The branch of a supportive behaviour learns only where there is such feedback (section 3.3): elsewhere
    neither its weights nor, through it, the vectors that all branches share get a gradient. The target's
    branch learns from everything. A batch, the paper's of one positive or a large one, is a mean over
    the pairs in it.
    """

    folds_in: ClassVar[bool] = False
    _network: FeedbackNetwork
    _sampler: FeedbackSampler
    _feedback: FeedbackTable

    def _fit(self, data: TrainingData, options: FitOptions, *, mf: bool, layers: int) -> History:
        config = self.config
        self.device = options.device
        share = supportive_share(config.sampler, config.supportive_share)
        self._sampler = FeedbackSampler(data, share, self.device)
        self._feedback = FeedbackTable(data, self.device)
        seed_everything(options.seed, options.phase, 0)
        parameters = initial_parameters(
            data.n_users, data.n_items, config.factors, mf=mf, layers=layers,
            branches=1 + len(data.supportive), std=config.init_std, device=self.device,
        )  # fmt: skip
        for value in parameters.values():
            value.requires_grad_()
        self.hold(parameters)
        self.optimizer = torch.optim.Adam(parameters.values(), lr=config.learning_rate, fused=True)
        return train(self, epochs=config.epochs, options=options, patience=config.patience)

    def hold(self, parameters: dict[str, torch.Tensor]) -> None:
        super().hold(parameters)
        self._network = FeedbackNetwork(parameters)

    def train_epoch(self, rng: np.random.Generator, options: FitOptions) -> dict[str, float]:
        """One pass over the positives, each with `negatives` negatives drawn anew."""
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        for users, items in self._sampler.batches(self.config.batch_size, self.config.negatives):
            self.optimizer.zero_grad()
            loss = self._loss(self._network.logits(users, items, self._learning(users, items)))
            loss.backward()
            self.optimizer.step()
            total += loss.detach() * len(users)
            options.heartbeat()
        return {"loss": total.item() / len(self._sampler)}

    def _learning(self, users: torch.Tensor, items: torch.Tensor) -> torch.Tensor | None:
        """(G, S or 1, T) bool, the branches that learn from each item, the target's first; None: all."""
        return None

    def _loss(self, logits: torch.Tensor) -> torch.Tensor:
        """() mean loss of (G, 1 + k) logits, the positive's in column 0."""
        positive, negative = logits[:, :1], logits[:, 1:]
        if self.config.loss == "pairwise":
            return softplus(negative - positive).mean()
        return (softplus(-positive).sum() + softplus(negative).sum()) / logits.numel()

    def item_vectors(self) -> torch.Tensor:
        """Those of the matrix factorization, where the network has both."""
        return self.parameters["mf_item" if "mf_item" in self.parameters else "mlp_item"]

    def score(self, query: Query, items: torch.Tensor | None = None) -> torch.Tensor:
        return self._network.score(known_users(query, self.device), items)


class _MultiBranch(_MultiFeedback[B]):
    """Those with branches."""

    scores_all_items: ClassVar[bool] = False

    def _learning(self, users: torch.Tensor, items: torch.Tensor) -> torch.Tensor | None:
        if not self._feedback.counts.shape[1]:
            return None
        decisive = items if self.config.branches_learn == "by_item" else items[:, :1]
        given = self._feedback(users, decisive) > 0
        return torch.cat([given.new_ones(*decisive.shape, 1), given], -1)


class MF(_MultiFeedback[MFConfig]):
    """Matrix factorization, p_u . q_i (equation 1); supportive feedback only names negatives."""

    def fit(self, data: TrainingData, options: FitOptions) -> History:
        return self._fit(data, options, mf=True, layers=0)


class MMLP(_MultiBranch[MMLPConfig]):
    """Multi-branch multi-layer perceptron on [p_u; q_i], a branch a feedback (equations 2 to 4)."""

    def fit(self, data: TrainingData, options: FitOptions) -> History:
        return self._fit(data, options, mf=False, layers=self.config.layers)


class MFMMLP(_MultiBranch[MFMMLPConfig]):
    """MF and M-MLP with vectors of their own, joined in the last layer (equations 5 to 7)."""

    def fit(self, data: TrainingData, options: FitOptions) -> History:
        return self._fit(data, options, mf=True, layers=self.config.layers)
