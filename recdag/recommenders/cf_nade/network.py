"""The network of implicit CF-NADE, the random splits it is trained on, and their cost."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
import torch
from scipy.sparse import csr_array
from torch import nn
from torch.nn.functional import softplus

from recdag.recommenders.shared.sparse_linear import SparseRows


@dataclass(frozen=True)
class Likes:
    """The items that B users like, with confidences; all other items are dislikes of confidence 1.

    Attributes:
        rows: the (B, m) sparse matrix of confidences.
        users: (P,) int64 row of each liked cell.
    """

    rows: SparseRows
    users: torch.Tensor

    @classmethod
    def from_matrix(cls, confidence: csr_array, device: torch.device) -> Likes:
        """The liked cells of a (B, m) matrix of confidences."""
        users = np.repeat(np.arange(confidence.shape[0]), np.diff(confidence.indptr))
        return cls(SparseRows.from_matrix(confidence, device), torch.as_tensor(users, device=device))

    def __len__(self) -> int:
        """B."""
        return len(self.rows.offsets) - 1

    def at(self, dense: torch.Tensor) -> torch.Tensor:
        """(P,) values of a (B, m) matrix, or of a (1, m) one that holds for all users, at the likes."""
        return dense.expand(len(self), -1)[self.users, self.rows.columns]

    def sums(self, values: torch.Tensor) -> torch.Tensor:
        """(B, 1) sums of (P,) values of the liked cells."""
        return values.new_zeros(len(self)).index_add_(0, self.users, values)[:, None]

    def weighted(self, values: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """(B, H) sums of the liked items' rows of a (m, H) matrix, times (P,) values."""
        return SparseRows(self.rows.offsets, self.rows.columns, values).times(weight)


class CFNADENetwork(nn.Module):
    """sigm(d + V h) from h(S), which sees the items S: equations 9, 10, 12 and 13.

    The sum over all dislikes in S is one over all of S less that over the likes in S, so nothing of
    size users x items x hidden is built, and with all items in S it takes as long as there are likes.
    Further layers, each tanh of a linear map, lie between h and V (end of section 4).

    Args:
        n_items: m.
        hidden: widths of the hidden layers.
        normalised: divide the likes by the length of their confidences and the dislikes by their
            number, in place of the printed sums.
    """

    def __init__(self, n_items: int, hidden: list[int], normalised: bool = False) -> None:
        super().__init__()
        self.normalised = normalised
        self.likes = nn.Parameter(torch.zeros(n_items, hidden[0]))
        self.dislikes = nn.Parameter(torch.zeros(n_items, hidden[0]))
        self.bias = nn.Parameter(torch.zeros(hidden[0]))
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(hidden))
        self.output = nn.Linear(hidden[-1], n_items)

    @classmethod
    def shaped_like(cls, state: dict[str, torch.Tensor], normalised: bool) -> Self:
        """A network that can take up `state`."""
        n_items, first = state["likes"].shape
        deeper = [w.shape[0] for n, w in state.items() if n.startswith("layers") and n.endswith("weight")]
        return cls(n_items, [first, *deeper], normalised)

    def initialise(self, like_std: float, dislike_std: float, output_std: float, odds: np.ndarray) -> None:
        """Normal W, A and V, b zero, d the (m,) log-odds; further layers as Glorot and Bengio (2010)."""
        nn.init.normal_(self.likes, std=like_std)
        nn.init.normal_(self.dislikes, std=dislike_std)
        nn.init.zeros_(self.bias)
        for parameter in self.layers.parameters():
            if parameter.ndim == 2:
                nn.init.xavier_uniform_(parameter)
            else:
                nn.init.zeros_(parameter)
        nn.init.normal_(self.output.weight, std=output_std)
        with torch.no_grad():
            self.output.bias.copy_(torch.from_numpy(odds))

    def forward(self, likes: Likes, seen: torch.Tensor | None = None) -> torch.Tensor:
        """(B, m) log-odds that users like items, given the likes and dislikes among the items of S.

        Args:
            likes: of B users.
            seen: (B, m), or (1, m) for all users, 1 at the items of S and 0 elsewhere; None: all items.
        """
        if seen is None:
            within = torch.ones_like(likes.rows.values)
            n_seen = likes.rows.values.new_full((1, 1), len(self.dislikes))
            all_disliked = self.dislikes.sum(0)
        else:
            within, n_seen, all_disliked = likes.at(seen), seen.sum(1, keepdim=True), seen @ self.dislikes
        confidence = likes.rows.values * within
        liked = likes.weighted(confidence, self.likes)
        disliked = all_disliked - likes.weighted(within, self.dislikes)
        if self.normalised:
            # An empty side is a sum of zero: what it is divided by does not matter.
            liked = liked / likes.sums(confidence.square()).sqrt().clamp(min=1)
            disliked = disliked / (n_seen - likes.sums(within)).clamp(min=1)
        h = torch.tanh(self.bias + liked + disliked)
        for layer in self.layers:
            h = torch.tanh(layer(h))
        outputs: torch.Tensor = self.output(h)
        return outputs


def random_split(users: int, n_items: int, device: torch.device) -> torch.Tensor:
    """The first i - 1 items of random orders, i uniform in 1..m, for each user.

    One item is left out; each other one is in with probability p. With p uniform in [0, 1) the number
    of items is uniform in 0..m-1, and given it all sets are equally likely, without sorting.

    Returns:
        (users, m) float32, 1 at the items of the first part.
    """
    share = torch.rand(users, 1, device=device)
    seen = (torch.rand(users, n_items, device=device) < share).float()
    return seen.scatter_(1, torch.randint(n_items, (users, 1), device=device), 0.0)


def remaining_cost(outputs: torch.Tensor, likes: Likes, seen: torch.Tensor) -> torch.Tensor:
    """Equation 14, mean over users: the confidence-weighted cross-entropy of the items not seen.

    Its expectation over random splits is the ordered negative log-likelihood of equation 11, averaged
    over all orders.

    Args:
        outputs: (B, m) log-odds.
        likes: of the B users.
        seen: (B, m) or (1, m), 1 at the items of the first part.

    Returns:
        () differentiable by `outputs`.
    """
    unseen = 1.0 - seen
    weights = unseen * (seen.shape[1] / unseen.sum(1, keepdim=True))
    chosen = likes.at(outputs)
    likes_less_dislikes = likes.rows.values * softplus(-chosen) - softplus(chosen)
    cost = (weights * softplus(outputs)).sum() + (likes.at(weights) * likes_less_dislikes).sum()
    return cost / len(outputs)
