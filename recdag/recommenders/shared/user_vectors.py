"""Scores as inner products, with stored vectors for training users and solved ones for others."""

from __future__ import annotations

from collections.abc import Callable

import torch
from scipy.sparse import csr_array

from recdag.recommenders.base import Query


def user_vectors(
    query: Query, known: torch.Tensor, fold_in: Callable[[csr_array], torch.Tensor]
) -> torch.Tensor:
    """(B, W) rows of `known` (n, W) for training users, and of `fold_in(histories)` for others."""
    users = torch.as_tensor(query.users, dtype=torch.int64, device=known.device)
    unseen = users < 0
    if not unseen.any():
        return known[users]
    rows = known[users.clamp(min=0)]
    rows[unseen] = fold_in(query.history[unseen.cpu().numpy().nonzero()[0]])
    return rows


def inner_products(
    users: torch.Tensor, item_vectors: torch.Tensor, items: torch.Tensor | None = None
) -> torch.Tensor:
    """(B, m) products of (B, W) users with all (m, W) items, or (B, C) with those in `items` (B, C)."""
    if items is None:
        return users @ item_vectors.T
    return torch.einsum("bw,bcw->bc", users, item_vectors[items])
