"""Positive pairs in random order, each with negatives drawn uniformly, on the device."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from scipy.sparse import csr_array

from recdag.errors import DataError

BITSET_BYTES = 2**28
PAIRS_DRAWN_AT_ONCE = 2**18


class NegativeSampler:
    """Draws items that a user has not chosen; every such item is equally likely.

    Held-out items count as not chosen, as in the published code of the papers: leaving them out
    would tell the model which they are. All draws come from torch's global generator of the device.

    Attributes:
        users, items: (P,) int64 positives by user and item. Pairs of users who chose all items are
            left out: nothing can be set against them.
    """

    def __init__(self, positives: csr_array, device: torch.device) -> None:
        """
        Args:
            positives: (n, m) matrix whose stored cells are the positives.
            device: where pairs are kept and drawn.

        Raises:
            DataError: no user has both an item chosen and one not chosen.
        """
        n_users, self.n_items = positives.shape
        chosen = positives.sorted_indices()
        counts = np.diff(chosen.indptr).astype(np.int64)
        users = np.repeat(np.arange(n_users), counts)
        starts = chosen.indptr[:-1].astype(np.int64)
        # The r-th item not chosen is r plus the number of chosen items whose `gap` (items not chosen
        # before them) is at most r: one binary search in keys sorted by user and gap.
        gaps = chosen.indices - (np.arange(len(users)) - starts[users])
        self._gap_keys = torch.as_tensor(users * (self.n_items + 1) + gaps, device=device)
        self._starts = torch.as_tensor(starts, device=device)
        self._unchosen = torch.as_tensor(self.n_items - counts, device=device)

        usable = counts[users] < self.n_items
        if not usable.any():
            raise DataError(
                "no user has both an item chosen and one not chosen",
                cure="Check that the split leaves training interactions",
            )
        self.users = torch.as_tensor(users[usable], device=device)
        self.items = torch.as_tensor(chosen.indices[usable].astype(np.int64), device=device)
        self._bits = self._bitset(users * self.n_items + chosen.indices, n_users * self.n_items, device)

    def __len__(self) -> int:
        return len(self.users)

    def draw(self, users: torch.Tensor) -> torch.Tensor:
        """One item not chosen for each of `users`.

        Where a bitset of all cells fits in memory, an item is drawn at random and, if the user chose
        it, drawn again among those not chosen; both draws together are uniform.

        Args:
            users: (S,) int64, each with at least one item not chosen.

        Returns:
            (S,) int64 items.
        """
        if self._bits is None:
            return self._draw_unchosen(users)
        items = torch.randint(self.n_items, users.shape, device=users.device)
        keys = users * self.n_items + items
        hits = ((self._bits[keys >> 3] >> (keys & 7)) & 1).nonzero()[:, 0]
        items[hits] = self._draw_unchosen(users[hits])
        return items

    def batches(self, pairs: int, negatives: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """One epoch: all positives in random order, with fresh negatives.

        Args:
            pairs: G, positives in a batch; the last batch may be smaller.
            negatives: k, negatives for each positive.

        Yields:
            (G,) int64 users and (G, 1 + k) int64 items, the positive in column 0.
        """
        order = torch.randperm(len(self), device=self.users.device)
        for block in order.split(max(1, PAIRS_DRAWN_AT_ONCE // pairs) * pairs):
            users = self.users[block]
            drawn = self.draw(users.repeat_interleave(negatives)).view(-1, negatives)
            items = torch.cat([self.items[block][:, None], drawn], 1)
            yield from zip(users.split(pairs), items.split(pairs), strict=True)

    def _draw_unchosen(self, users: torch.Tensor) -> torch.Tensor:
        rank = torch.randint(2**62, users.shape, device=users.device) % self._unchosen[users]
        before = torch.searchsorted(self._gap_keys, users * (self.n_items + 1) + rank, right=True)
        return rank + before - self._starts[users]

    @staticmethod
    def _bitset(cells: np.ndarray, size: int, device: torch.device) -> torch.Tensor | None:
        if size > 8 * BITSET_BYTES:
            return None
        bits = torch.zeros(size // 8 + 1, dtype=torch.uint8)
        positions = torch.as_tensor(cells)
        # The cells differ, so adding their bits sets them.
        bits.index_add_(0, positions >> 3, (1 << (positions & 7)).to(torch.uint8))
        return bits.to(device)
