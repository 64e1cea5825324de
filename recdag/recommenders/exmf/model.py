"""Exposure matrix factorization, ExpoMF (Liang et al., WWW 2016), with one prior mu_i an item.

    a_ui ~ Bernoulli(mu_i);  x_ui | a_ui = 1 ~ N(p_u.q_i, 1 / lambda_y);  x_ui | a_ui = 0 is 0
    p_u, q_i ~ N(0, 1 / lambda_p);  mu_i ~ Beta(alpha, beta)

lambda_p = prior_precision |X+| / sqrt(n m) for |X+| positives of n users and m items: it grows with what
there is to learn a vector from, so that the same value suits data of any size and density.

Expectation and maximization go over blocks of rows of the dense matrix, which is never kept whole.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse import csr_array
from torch.nn.functional import softplus

from recdag.recommenders.exmf import EXMFConfig
from recdag.recommenders.shared.alternating import Alternating
from recdag.training.data import TrainingData
from recdag.training.options import FitOptions

SMALLEST_EXPOSURE = 1e-6
BLOCK_CELLS = {"cpu": 2**20, "cuda": 2**26}


class EXMF(Alternating[EXMFConfig]):
    """Matrix factorization weighted by the inferred exposure of users to items; ranks by p.q."""

    def _initial(self, data: TrainingData, rng: np.random.Generator) -> dict[str, torch.Tensor]:
        config = self.config
        cells = data.n_users * data.n_items
        precision = config.prior_precision * data.positives.nnz / cells**0.5
        return {
            "users": torch.randn(data.n_users, config.factors) * config.initial_std,
            "items": torch.randn(data.n_items, config.factors) * config.initial_std,
            "exposure": torch.full((data.n_items,), config.initial_exposure),
            "prior_precision": torch.tensor(precision, dtype=torch.float64),
        }

    def train_epoch(self, rng: np.random.Generator, options: FitOptions) -> dict[str, float]:
        """All users given items and priors, then all items and priors given users.

        The loss is the negative log posterior before the second half, up to a constant; it never rises.
        """
        config = self.config
        users, items, exposure = (self._fitted[name] for name in ("users", "items", "exposure"))
        users = self._half_step(self._by_user, users, items, exposure[None, :], options).vectors
        half = self._half_step(self._by_item, items, users, exposure[:, None], options, with_likelihood=True)
        squares = users.double().square().sum() + items.double().square().sum()
        log_prior = (config.prior_alpha - 1) * exposure.double().log().sum() + (config.prior_beta - 1) * (
            1 - exposure.double()
        ).log().sum()
        loss = half.negative_log_likelihood + self._fitted["prior_precision"].item() / 2 * squares - log_prior
        mode = (config.prior_alpha + half.exposed - 1) / (
            config.prior_alpha + config.prior_beta + len(users) - 2
        )
        mode = mode.clamp(SMALLEST_EXPOSURE, 1 - SMALLEST_EXPOSURE)
        self._fitted |= {"users": users, "items": half.vectors, "exposure": mode}
        return {"loss": loss.item()}

    def _half_step(
        self,
        positives: csr_array,
        vectors: torch.Tensor,
        fixed: torch.Tensor,
        exposure: torch.Tensor,
        options: FitOptions | None = None,
        with_likelihood: bool = False,
    ) -> HalfStep:
        """`half_step` block by block."""
        size = max(1, BLOCK_CELLS.get(self.device.type, BLOCK_CELLS["cuda"]) // len(fixed))
        products = _outer_products(fixed)
        blocks = []
        for start in range(0, len(vectors), size):
            rows = slice(start, start + size)
            blocks.append(
                half_step(
                    positives[rows],
                    vectors[rows],
                    fixed,
                    products,
                    exposure[rows] if len(exposure) > 1 else exposure,
                    self._fitted["prior_precision"].item(),
                    self.config,
                    with_likelihood,
                )
            )
            if options:
                options.heartbeat()
        return HalfStep(
            torch.cat([block.vectors for block in blocks]),
            torch.cat([block.exposed for block in blocks]),
            torch.stack([block.negative_log_likelihood for block in blocks]).sum(),
        )

    def exposure(self, users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        """(S,) probability that training users (S,) know items (S,) that they did not choose."""
        fitted = self._fitted
        preference = torch.sum(fitted["users"][users] * fitted["items"][items], 1)
        prior_log_odds = torch.logit(fitted["exposure"])[items] + log_constant(self.config)
        return torch.sigmoid(prior_log_odds - self.config.noise_precision / 2 * preference.square())

    def _fold_in(self, history: csr_array) -> torch.Tensor:
        """(B, K) vectors of users given by their items, from zero, with items and priors fixed."""
        items, exposure = self._fitted["items"], self._fitted["exposure"]
        users = items.new_zeros(history.shape[0], items.shape[1])
        for _ in range(self.config.fold_in_rounds):
            users = self._half_step(history, users, items, exposure[None, :]).vectors
        return users


@dataclass(frozen=True)
class HalfStep:
    """One side after expectation and maximization.

    Attributes:
        vectors: (R, K), the maximum given the posterior exposure.
        exposed: (R,) sums of the posterior exposure over the columns.
        negative_log_likelihood: of the cells before the step, float64; 0 where not asked for.
    """

    vectors: torch.Tensor
    exposed: torch.Tensor
    negative_log_likelihood: torch.Tensor


def half_step(
    positives: csr_array,
    vectors: torch.Tensor,
    fixed: torch.Tensor,
    products: torch.Tensor,
    exposure: torch.Tensor,
    prior_precision: float,
    config: EXMFConfig,
    with_likelihood: bool = False,
) -> HalfStep:
    """Posterior exposure of R rows, and the ridge regressions that it weighs. O(R C K^2).

    Args:
        positives: (R, C) training cells.
        vectors: (R, K) as they are.
        fixed: (C, K) the other side.
        products: (C, K * (K + 1) / 2) from `_outer_products(fixed)`.
        exposure: (R, 1) or (1, C) prior mu.
        prior_precision: lambda_p.
        config: lambda_y and the Gaussian constant.
        with_likelihood: whether to compute it.
    """
    device, n_factors = fixed.device, fixed.shape[1]
    precision = config.noise_precision
    counts = torch.from_numpy(np.diff(positives.indptr).astype(np.int64)).to(device)
    rows = torch.arange(len(counts), device=device).repeat_interleave(counts)
    columns = torch.from_numpy(positives.indices.astype(np.int64)).to(device)
    cells = rows * len(fixed) + columns
    prior_log_odds = torch.logit(exposure) + log_constant(config)

    preference = vectors @ fixed.T
    clicked = preference.view(-1)[cells] if with_likelihood else None
    log_odds = preference.square_().mul_(-precision / 2).add_(prior_log_odds)
    likelihood = torch.zeros((), dtype=torch.float64, device=device)
    if clicked is not None:
        # log(mu N(0) + 1 - mu) of a cell without a click, log(mu N(1)) of one with a click.
        unseen = torch.log1p(-exposure)
        likelihood += softplus(log_odds).sum(1).double().sum()
        likelihood += unseen.expand_as(log_odds).sum(1).double().sum()
        prior_of_clicked = prior_log_odds.expand_as(log_odds)[rows, columns]
        odds_of_clicked = prior_of_clicked - precision / 2 * clicked.square()
        gain = prior_of_clicked - precision / 2 * (1 - clicked).square() - softplus(odds_of_clicked)
        likelihood += gain.sum(dtype=torch.float64)

    posterior = log_odds.sigmoid_()
    posterior.view(-1).index_fill_(0, cells, 1.0)
    upper = torch.triu_indices(n_factors, n_factors, device=device)
    normal = fixed.new_empty(len(vectors), n_factors, n_factors)
    weighted = posterior @ products
    normal[:, upper[0], upper[1]] = weighted
    normal[:, upper[1], upper[0]] = weighted
    normal.diagonal(dim1=1, dim2=2).add_(prior_precision / precision)
    sums = torch.zeros_like(vectors).index_add_(0, rows, fixed[columns])
    return HalfStep(
        torch.cholesky_solve(sums[:, :, None], torch.linalg.cholesky(normal)).squeeze(2),
        posterior.sum(1),
        -likelihood,
    )


def log_constant(config: EXMFConfig) -> float:
    """Log of the Gaussian's constant sqrt(lambda_y / (2 pi)), or of sqrt(lambda_y / 2 * pi) as released."""
    scale = math.pi / 2 if config.released_constant else 1 / (2 * math.pi)
    return math.log(config.noise_precision * scale) / 2


def _outer_products(vectors: torch.Tensor) -> torch.Tensor:
    """(C, K * (K + 1) / 2) products of each two coordinates of each vector."""
    first, second = torch.triu_indices(vectors.shape[1], vectors.shape[1], device=vectors.device)
    return vectors[:, first] * vectors[:, second]
