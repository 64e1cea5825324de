"""Rows of users for models that cannot fold in others."""

from __future__ import annotations

import torch

from recdag.errors import DataError
from recdag.recommenders.base import Query


def known_users(query: Query, device: torch.device) -> torch.Tensor:
    """(B,) int64 training rows of the users of `query`.

    Raises:
        DataError: a user was not in training.
    """
    if (query.users < 0).any():
        raise DataError(
            "this model cannot score users who were not in training",
            cure="Evaluate it under a protocol whose test users are training users",
        )
    return torch.as_tensor(query.users, dtype=torch.int64, device=device)
