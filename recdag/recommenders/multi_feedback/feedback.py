"""What users did besides the target behaviour, and negatives drawn from it."""

from __future__ import annotations

import numpy as np
import torch

from recdag.training.data import TrainingData
from recdag.training.samplers import NegativeSampler


class FeedbackTable:
    """The counts of T supportive behaviours, looked up by (user, item) on the device.

    Attributes:
        keys: (K,) int64 sorted user * m + item of the pairs with any supportive feedback.
        counts: (K, T) float32.
    """

    def __init__(self, data: TrainingData, device: torch.device) -> None:
        self.n_items = data.n_items
        cells = [counts.tocoo() for counts in data.supportive.values()]
        keys = [each.row.astype(np.int64) * self.n_items + each.col for each in cells]
        met = np.unique(np.concatenate([np.empty(0, np.int64), *keys]))
        counts = np.zeros((len(met), len(cells)), np.float32)
        for behaviour, (key, each) in enumerate(zip(keys, cells, strict=True)):
            counts[np.searchsorted(met, key), behaviour] = each.data
        self.keys = torch.as_tensor(met, device=device)
        self.counts = torch.as_tensor(counts, device=device)

    def __call__(self, users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        """(G, S, T) counts of (G,) users with (G, S) items each."""
        return look_up(self.keys, self.counts, users[:, None] * self.n_items + items)


class FeedbackSampler(NegativeSampler):
    """Draws a share of the negatives from the items that a user met in supportive feedback only.

    Section 3.1: an item clicked and not bought says more than one never met. A user without such items
    gets uniform negatives.
    """

    def __init__(self, data: TrainingData, share: float, device: torch.device) -> None:
        """
        Args:
            data: positives and supportive feedback.
            share: probability of a negative from supportive feedback, where the user has any.
            device: where pairs are kept and drawn.
        """
        super().__init__(data.positives, device)
        self._share = share
        only = data.met_only()
        self._first = torch.as_tensor(only.indptr[:-1].astype(np.int64), device=device)
        self._number = torch.as_tensor(np.diff(only.indptr).astype(np.int64), device=device)
        self._met = torch.as_tensor(only.indices.astype(np.int64), device=device)

    def draw(self, users: torch.Tensor) -> torch.Tensor:
        items = super().draw(users)
        if self._share > 0:
            replaced = (self._number[users] > 0) & (torch.rand(len(users), device=users.device) < self._share)
            chosen = users[replaced]
            nth = torch.randint(2**62, chosen.shape, device=users.device) % self._number[chosen]
            items[replaced] = self._met[self._first[chosen] + nth]
        return items


def look_up(keys: torch.Tensor, values: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """The values (K, ...) at sorted, distinct `keys` (K,) that equal `wanted`, 0 where there is none."""
    if not len(keys):
        return values.new_zeros(*wanted.shape, *values.shape[1:])
    place = torch.searchsorted(keys, wanted).clamp_(max=len(keys) - 1)
    present = keys[place] == wanted
    return values[place] * present.view(*present.shape, *[1] * (values.dim() - 1))


def cells_of(keys: torch.Tensor, users: torch.Tensor, n_items: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Which of the sorted keys user * m + item (K,) are those of (B,) users.

    Returns:
        (P,) place of each key's user in `users`; (P,) place of the key.
    """
    first, last = torch.searchsorted(keys, torch.stack([users, users + 1]) * n_items)
    number = last - first
    rows = torch.repeat_interleave(number)
    return rows, torch.arange(len(rows), device=keys.device) + (last - number.cumsum(0))[rows]


def supportive_share(sampler: str, share: float) -> float:
    """The share of supportive negatives that a sampler stands for; `share` is that of "mixed"."""
    return {"uniform": 0.0, "supportive": 1.0, "mixed": share}[sampler]
