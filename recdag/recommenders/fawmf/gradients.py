"""Objective and gradients of FAWMF: over all cells by cached sums, cell by cell, or sampled.

Chen et al. 2020, equations 5 to 11, without the KL term and with L2 regularization. For user i, item j:

    theta_i = softmax(g_i),  S_jd = sum_k theta_kd alpha_k x_kj,  q_jd = sigmoid(w_j S_jd + b_j)
    gamma_ij = theta_i . q_j,  a_ij = u_i . v_j
    J = sum_ij gamma_ij (a_ij - x_ij)^2 + (1 - gamma_ij) (epsilon - x_ij)^2 + L2

J is linear in gamma, so each cell counts gamma f(a) with a quadratic f, plus a constant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
import torch

from recdag.recommenders.fawmf.kernels import CellGradients, CellLoss, Cells
from recdag.training.samplers import NegativeSampler

# Products kept in the cache of a processor, and matrices of cells that plain BGD goes through.
BLOCK_ELEMENTS = 2**17
DENSE_BLOCK_CELLS = 2**25


@dataclass
class Parameters:
    """What FAWMF learns, or the gradient by it.

    Attributes:
        users, items: (n, K), (m, K) vectors u and v.
        membership: (n, D) logits g of the users' membership in communities.
        influence: (n,) alpha.
        slope, intercept: (m,) w and b.
    """

    users: torch.Tensor
    items: torch.Tensor
    membership: torch.Tensor
    influence: torch.Tensor
    slope: torch.Tensor
    intercept: torch.Tensor

    def named(self) -> dict[str, torch.Tensor]:
        """The six tensors by name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


@dataclass(frozen=True)
class Penalties:
    """L2 regularization: lambda of the vectors, of the membership logits, of slope and intercept."""

    vectors: float
    membership: float
    exposure: float


@dataclass(frozen=True)
class Positives:
    """The n x m training matrix X by users and by items."""

    by_user: Cells
    by_item: Cells

    @property
    def n_cells(self) -> int:
        """n * m."""
        return (len(self.by_user.indptr) - 1) * (len(self.by_item.indptr) - 1)


@dataclass(frozen=True)
class Exposure:
    """The factors of gamma = theta q^T.

    Attributes:
        theta: (n, D) membership of users in communities; rows add up to 1.
        reach: (m, D) q, the exposure of a community to an item.
        consumption: (m, D) S, what q is made of.
    """

    theta: torch.Tensor
    reach: torch.Tensor
    consumption: torch.Tensor


# What the losses of all cells add up to: gradients by u, theta (rows) and v, q (columns).
CellObjective = Callable[[Parameters, Exposure], CellGradients]


def unobserved_loss(epsilon: float) -> CellLoss:
    """f of a cell with x = 0: a^2 - epsilon^2."""
    return CellLoss(1.0, 0.0, -(epsilon**2))


def positive_loss(epsilon: float) -> CellLoss:
    """f of a cell with x = 1: (a - 1)^2 - (epsilon - 1)^2."""
    return CellLoss(1.0, -2.0, 1.0 - (1.0 - epsilon) ** 2)


def positive_excess(epsilon: float) -> CellLoss:
    """f of a positive less f of an unobserved cell."""
    return CellLoss(0.0, -2.0, 2.0 * epsilon)


def expose(parameters: Parameters, positives: Positives) -> Exposure:
    """The exposure that the parameters imply (equation 6), in O(|X+| D)."""
    theta = parameters.membership.softmax(1)
    consumption = positives.by_item.row_sums(theta * parameters.influence[:, None])
    reach = torch.sigmoid(parameters.slope[:, None] * consumption + parameters.intercept[:, None])
    return Exposure(theta, reach, consumption)


def cached_objective(positives: Positives, epsilon: float) -> CellObjective:
    """fBGD: all cells as if unobserved, by sums cached over users and items, then the positives.

    O((n + m) K^2 D + |X+| (K + D)).
    """

    def gradients(parameters: Parameters, exposure: Exposure) -> CellGradients:
        sides = (parameters.users, exposure.theta), (parameters.items, exposure.reach)
        user_cache, item_cache = (weighted_grams(*side) for side in sides)
        by_users, by_theta = _through_grams(*sides[0], item_cache)
        by_items, by_reach = _through_grams(*sides[1], user_cache)
        user_sum, item_sum = exposure.theta.sum(0), exposure.reach.sum(0)
        loss = torch.sum(user_cache * item_cache) - epsilon**2 * user_sum @ item_sum
        unobserved = CellGradients(
            loss,
            by_users,
            by_theta.sub_(epsilon**2 * item_sum),
            by_items,
            by_reach.sub_(epsilon**2 * user_sum),
        )
        return unobserved + positives.by_user.gradients(*sides[0], *sides[1], positive_excess(epsilon))

    return gradients


def weighted_grams(vectors: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    """(D, K, K) sums over rows of share_d * x x^T: the caches M of equation 10."""
    n_shares, n_factors = shares.shape[1], vectors.shape[1]
    grams = vectors.new_zeros(n_shares * n_factors, n_factors)
    for rows in _blocks(len(vectors), n_shares * n_factors):
        x = vectors[rows]
        grams.addmm_((shares[rows][:, :, None] * x[:, None, :]).view(len(x), -1).T, x)
    return grams.view(n_shares, n_factors, n_factors)


def _through_grams(
    vectors: torch.Tensor, shares: torch.Tensor, grams: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Gradients of sum_rows sum_d share_d x^T M_d x by x, (R, K), and by the shares, (R, D)."""
    by_vectors, by_shares = torch.empty_like(vectors), torch.empty_like(shares)
    n_shares, n_factors = grams.shape[:2]
    joined = grams.permute(1, 0, 2).reshape(n_factors, -1)
    for rows in _blocks(len(vectors), n_shares * n_factors):
        x = vectors[rows]
        products = (x @ joined).view(len(x), n_shares, n_factors)
        torch.bmm(products, x[:, :, None], out=by_shares[rows].unsqueeze(2))
        torch.bmm(shares[rows][:, None, :], products, out=by_vectors[rows].unsqueeze(1))
    return by_vectors.mul_(2), by_shares


def dense_objective(positives: Positives, epsilon: float) -> CellObjective:
    """BGD: the objective as printed (equation 5), differentiated automatically in blocks of users.

    O(n m (K + D)).
    """
    indptr, columns = positives.by_user.indptr, positives.by_user.columns
    n_users, n_items = len(indptr) - 1, len(positives.by_item.indptr) - 1

    def gradients(parameters: Parameters, exposure: Exposure) -> CellGradients:
        leaves = [
            each.detach().requires_grad_()
            for each in (parameters.users, exposure.theta, parameters.items, exposure.reach)
        ]
        users, theta, items, reach = leaves
        loss = torch.zeros((), dtype=torch.float64, device=users.device)
        for rows in _blocks(n_users, n_items, DENSE_BLOCK_CELLS):
            starts = indptr[rows.start : rows.stop + 1]
            first, last = int(starts[0]), int(starts[-1])
            x = users.new_zeros(rows.stop - rows.start, n_items)
            x[
                torch.arange(len(x), device=x.device).repeat_interleave(starts.diff()),
                columns[first:last].long(),
            ] = 1
            gamma, preference = theta[rows] @ reach.T, users[rows] @ items.T
            block = torch.sum(gamma * (preference - x) ** 2 + (1 - gamma) * (epsilon - x) ** 2)
            block.backward()
            loss += block.detach()
        unknown = _unknown(positives, epsilon)
        return CellGradients(loss - unknown, *(torch.as_tensor(each.grad) for each in leaves))

    return gradients


def sampled_objective(
    positives: Positives,
    epsilon: float,
    sampler: NegativeSampler,
    item_weights: np.ndarray,
    draws: int,
    sample_weight: Literal["all_unobserved", "one"],
    rng: np.random.Generator,
) -> CellObjective:
    """SGD: the positives, and unobserved cells drawn anew at each call.

    Args:
        positives: X.
        epsilon: see FAWMFConfig.
        sampler: draws a user without the item for each item: made of X transposed.
        item_weights: (m,) relative probability of each of an item's unobserved cells.
        draws: unobserved cells for each positive.
        sample_weight: "all_unobserved": cells drawn count for all unobserved ones, so that uniform draws
            give the gradient over all cells on average; "one": each counts once.
        rng: chooses the items; the sampler draws from torch's generator.
    """
    n_users = len(positives.by_user.indptr) - 1
    device = positives.by_item.indptr.device
    unobserved = n_users - positives.by_item.indptr.diff().cpu().numpy()
    weights = item_weights * unobserved
    share = weights / weights.sum()
    count = len(positives.by_user)
    weight = unobserved.sum() / (draws * count) if sample_weight == "all_unobserved" else 1.0
    loss = unobserved_loss(epsilon) * weight

    def gradients(parameters: Parameters, exposure: Exposure) -> CellGradients:
        users, items = (parameters.users, exposure.theta), (parameters.items, exposure.reach)
        total = positives.by_user.gradients(*users, *items, positive_loss(epsilon))
        for _ in range(draws):
            sizes = torch.from_numpy(rng.multinomial(count, share)).to(device)
            drawn = sampler.draw(torch.arange(len(sizes), device=device).repeat_interleave(sizes))
            cells = Cells(torch.nn.functional.pad(sizes.cumsum(0), (1, 0)), drawn.int())
            total = total + cells.gradients(*items, *users, loss).transposed()
        return total

    return gradients


def objective_and_gradient(
    parameters: Parameters,
    positives: Positives,
    objective: CellObjective,
    penalties: Penalties,
    epsilon: float,
) -> tuple[torch.Tensor, Parameters]:
    """J as float64 and its gradients, back through q, S and the softmax to all parameters."""
    p = parameters
    exposure = expose(p, positives)
    theta, reach, consumption = exposure.theta, exposure.reach, exposure.consumption
    cells = objective(p, exposure)

    by_input = cells.column_shares * reach * (1 - reach)
    # x_kj takes by_input_j w_j back from S_j to theta_k alpha_k (equation 9).
    by_consumer = positives.by_user.row_sums(by_input * p.slope[:, None])
    by_theta = cells.row_shares + p.influence[:, None] * by_consumer
    gradient = Parameters(
        users=cells.row_vectors + penalties.vectors * p.users,
        items=cells.column_vectors + penalties.vectors * p.items,
        membership=theta * (by_theta - (by_theta * theta).sum(1, keepdim=True))
        + penalties.membership * p.membership,
        influence=(theta * by_consumer).sum(1),
        slope=(by_input * consumption).sum(1) + penalties.exposure * p.slope,
        intercept=by_input.sum(1) + penalties.exposure * p.intercept,
    )
    squares = (
        penalties.vectors * (p.users.square().sum() + p.items.square().sum())
        + penalties.membership * p.membership.square().sum()
        + penalties.exposure * (p.slope.square().sum() + p.intercept.square().sum())
    )
    return cells.loss.double() + squares.double() / 2 + _unknown(positives, epsilon), gradient


def _unknown(positives: Positives, epsilon: float) -> float:
    """The constant of J: sum of (epsilon - x)^2 over all cells."""
    return epsilon**2 * positives.n_cells + (1 - 2 * epsilon) * len(positives.by_user)


def _blocks(n_rows: int, width: int, elements: int = BLOCK_ELEMENTS) -> list[slice]:
    size = max(1, elements // width)
    return [slice(start, min(start + size, n_rows)) for start in range(0, n_rows, size)]
