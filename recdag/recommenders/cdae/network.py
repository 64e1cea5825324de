"""The network of CDAE and its losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

import numpy as np
import torch
from scipy.sparse import csr_array
from torch import nn
from torch.nn.functional import softplus

from recdag.recommenders.autoencoders.network import drop_cells
from recdag.recommenders.shared.likelihoods import Targets
from recdag.recommenders.shared.sparse_linear import SparseLinear

ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "identity": lambda values: values,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
}


class CDAENetwork(nn.Module):
    """s_ui = W'_i . h_u + b'_i with h_u = g(sum_(j in X_u) W_j + V_u + b).

    Args:
        n_users, n_items: n, m.
        factors: K.
        activation: g.
        tied: W' is W.
    """

    def __init__(self, n_users: int, n_items: int, factors: int, activation: str, *, tied: bool) -> None:
        super().__init__()
        self.input = SparseLinear(n_items, factors)
        self.user = nn.Embedding(n_users, factors, _weight=torch.zeros(n_users, factors))
        self.untied_output = None if tied else nn.Parameter(torch.zeros(n_items, factors))
        self.output_bias = nn.Parameter(torch.zeros(n_items))
        self._activation = ACTIVATIONS[activation]

    def initialise(self, bound: float) -> None:
        """Draw all vectors uniformly from [-bound, bound]; biases stay 0."""
        for vectors in (self.input.weight, self.user.weight, self.untied_output):
            if vectors is not None:
                nn.init.uniform_(vectors, -bound, bound)

    @classmethod
    def from_state(cls, state: dict[str, torch.Tensor], activation: str) -> Self:
        """A network with the parameters `state`."""
        (n_users, factors), n_items = state["user.weight"].shape, len(state["output_bias"])
        network = cls(n_users, n_items, factors, activation, tied="untied_output" not in state)
        network.load_state_dict(state)
        return network

    @property
    def output_weight(self) -> torch.Tensor:
        """(m, K) W'."""
        return self.input.weight if self.untied_output is None else self.untied_output

    def code(self, summed: torch.Tensor, user_nodes: torch.Tensor) -> torch.Tensor:
        """(B, K) h from what `input` makes of the items, and rows of V, both (B, K)."""
        return self._activation(summed + user_nodes)

    def scores(self, code: torch.Tensor) -> torch.Tensor:
        """(B, m) scores of all items."""
        return torch.addmm(self.output_bias, code, self.output_weight.T)


class CellLoss:
    """l(x, s): 1/2 (x - o(s))^2 or -ln sigmoid(s), -ln sigmoid(-s) for x = 1, 0.

    Args:
        kind: "square" or "logistic".
        activation: o.
    """

    def __init__(self, kind: str, activation: str) -> None:
        self._kind = kind
        self._activation = ACTIVATIONS[activation]

    def __call__(self, scores: torch.Tensor, label: float) -> torch.Tensor:
        """The loss of each of `scores` where all have the label 1, or all 0."""
        if self._kind == "square":
            return 0.5 * (label - self._activation(scores)).square()
        return softplus(scores) - label * scores

    def of_users(self, scores: torch.Tensor, targets: Targets, zero_weights: torch.Tensor) -> torch.Tensor:
        """Loss of the items chosen and, by their weights, of the others: (B,), a sum for each user.

        Args:
            scores: (B, m).
            targets: the items chosen.
            zero_weights: (B, m) or (B, 1), what a cell that is not chosen weighs.
        """
        rows, items = targets.cells // scores.shape[1], targets.cells % scores.shape[1]
        chosen = scores[rows, items]
        correction = self(chosen, 1.0) - zero_weights.expand(scores.shape)[rows, items] * self(chosen, 0.0)
        return (zero_weights * self(scores, 0.0)).sum(1).index_add(0, rows, correction)


def expected_weights(counts: torch.Tensor, n_items: int, negatives: int) -> torch.Tensor:
    """How often an item not chosen is drawn on average: negatives * n_u / (m - n_u).

    Args:
        counts: (B, 1) numbers n_u of items chosen.
        n_items: m.
        negatives: items drawn uniformly from the m - n_u not chosen, for each of the n_u chosen.
    """
    return negatives * counts / (n_items - counts).clamp(min=1)


def corrupted(chosen: csr_array, share: float, scaled: bool, rng: np.random.Generator) -> csr_array:
    """Binary rows (B, m) of which cells are dropped; `scaled` divides the others by 1 - share."""
    value = np.float32(1.0 / (1.0 - share) if scaled else 1.0)
    kept = drop_cells(chosen, share, rng)
    return csr_array((np.full(kept.nnz, value), kept.indices, kept.indptr), shape=kept.shape)


def whole_input(history: csr_array) -> csr_array:
    """(B, m) float32 ones on the cells of `history`."""
    return csr_array(
        (np.ones(history.nnz, dtype=np.float32), history.indices, history.indptr), shape=history.shape
    )
