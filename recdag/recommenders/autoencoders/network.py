"""The network of the autoencoders and what enters it."""

from __future__ import annotations

from itertools import pairwise
from typing import Self

import numpy as np
import torch
from scipy.sparse import csr_array
from torch import nn

from recdag.recommenders.shared.sparse_linear import SparseLinear


class Network(nn.Module):
    """Encoder and decoder, tanh between all layers; code and outputs have no activation.

    Args:
        n_items: m.
        encoder: widths after the items, the last one being the encoder's output.
        decoder: widths from the decoder's input to the last before the items.
    """

    def __init__(self, n_items: int, encoder: list[int], decoder: list[int]) -> None:
        super().__init__()
        self.input = SparseLinear(n_items, encoder[0])
        self.encoder = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(encoder))
        self.decoder = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise([*decoder, n_items]))
        for name, parameter in self.named_parameters():
            if name.endswith("weight"):
                nn.init.xavier_uniform_(parameter)
            else:
                nn.init.trunc_normal_(parameter, std=0.001, a=-0.002, b=0.002)

    @classmethod
    def shaped_like(cls, state: dict[str, torch.Tensor]) -> Self:
        """A network that can take up `state`."""
        n_items, first = state["input.weight"].shape
        encoder = [first] + [w.shape[0] for n, w in state.items() if n.startswith("encoder") and w.ndim == 2]
        decoder = [w.shape[1] for n, w in state.items() if n.startswith("decoder") and w.ndim == 2]
        return cls(n_items, encoder, decoder)

    def encode(self, inputs: csr_array) -> torch.Tensor:
        """(B, m) float32 inputs to the (B, K) code."""
        code: torch.Tensor = self.input(inputs)
        for layer in self.encoder:
            code = layer(torch.tanh(code))
        return code

    def decode(self, code: torch.Tensor) -> torch.Tensor:
        """(B, K) codes to the (B, m) outputs."""
        first, *others = self.decoder
        outputs: torch.Tensor = first(code)
        for layer in others:
            outputs = layer(torch.tanh(outputs))
        return outputs


def autoencoder_input(
    chosen: csr_array, dropout: float = 0.0, rng: np.random.Generator | None = None
) -> csr_array:
    """Rows x / |x|_2 of binary x; after that each cell is dropped, or divided by 1 - dropout.

    Args:
        chosen: (B, m) whose non-zero cells are the items of each user.
        dropout: share of cells dropped; needs `rng` if not 0.

    Returns:
        (B, m) float32.
    """
    counts = np.diff(chosen.indptr)
    values = np.repeat(1.0 / np.sqrt(np.maximum(counts, 1)), counts).astype(np.float32)
    normalised = csr_array((values, chosen.indices, chosen.indptr), shape=chosen.shape)
    if rng is None or dropout == 0.0:
        return normalised
    dropped = drop_cells(normalised, dropout, rng)
    dropped.data /= np.float32(1.0 - dropout)
    return dropped


def drop_cells(matrix: csr_array, share: float, rng: np.random.Generator) -> csr_array:
    """`matrix` with each cell left out with probability `share`."""
    kept = rng.random(matrix.nnz, dtype=np.float32) >= share
    offsets = np.concatenate(([0], np.cumsum(kept)))[matrix.indptr]
    return csr_array((matrix.data[kept], matrix.indices[kept], offsets), shape=matrix.shape)
