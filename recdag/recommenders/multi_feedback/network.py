"""The network of MF, M-MLP and MF + M-MLP (equations 1 to 7).

    y_MF = p_u * q_i
    y_1 = [p'_u; q'_i],  y_x^t = relu(W_x^t y_(x-1)^t + b_x^t) for each of T kinds of feedback
    y_MLP = relu(W [y_L^1; ...; y_L^T] + b),  z = w . [y_MF; y_MLP]

MF alone is z = p_u . q_i. M-MLP alone has a single y_MLP, which is z, without the ReLU. The target
is the first of the T kinds. The paper does not say how wide the layers are; here all are as wide as
the vectors are long.
"""

from __future__ import annotations

import torch
from torch.nn.functional import embedding

SCORING_BYTES = 2**26


def initial_parameters(
    n_users: int,
    n_items: int,
    factors: int,
    *,
    mf: bool,
    layers: int,
    branches: int,
    std: float,
    device: torch.device,
) -> dict[str, torch.Tensor]:
    """Parameters drawn from N(0, std^2), all of them (section 4.1).

    Args:
        factors: d, length of the vectors and width of the layers.
        mf: with a matrix factorization.
        layers: hidden layers of a branch; 0 leaves the M-MLP out.
        branches: T, kinds of feedback.
    """
    width = branches * factors
    shapes: dict[str, tuple[int, ...]] = {}
    if mf:
        shapes |= {"mf_user": (n_users, factors), "mf_item": (n_items, factors)}
    if layers:
        shapes |= {"mlp_user": (n_users, factors), "mlp_item": (n_items, factors)}
        # All branches start from the same vectors: their first layers are one matrix, side by side.
        shapes |= {"first_weight": (2 * factors, width), "first_bias": (width,)}
        for layer in range(1, layers):
            shapes[f"branch_weight_{layer}"] = (branches, factors, factors)
            shapes[f"branch_bias_{layer}"] = (branches, factors)
        fused = factors if mf else 1
        shapes |= {"fusion_weight": (width, fused), "fusion_bias": (fused,)}
    if mf and layers:
        shapes["output"] = (2 * factors,)
    return {name: torch.randn(shape, device=device) * std for name, shape in shapes.items()}


class FeedbackNetwork:
    """Logits z of (user, item) pairs; the parameters' names tell which parts there are.

    Attributes:
        parameters: name -> tensor, as from `initial_parameters`.
    """

    def __init__(self, parameters: dict[str, torch.Tensor]) -> None:
        self.parameters = parameters
        self.has_mf = "mf_user" in parameters
        self.has_mlp = "mlp_user" in parameters
        self._layers = sum(name.startswith("branch_weight") for name in parameters)

    def logits(
        self, users: torch.Tensor, items: torch.Tensor, learning: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Logits of a few items for each user.

        Args:
            users: (G,) int64.
            items: (G, S) int64.
            learning: (G, S or 1, T) bool g, the branches that learn from a pair. Used of a branch is
                g y + (1 - g) stopgrad(y): its output counts, and sends a gradient back where g = 1. None:
                all learn.

        Returns:
            (G, S) float32.
        """
        product, halves = None, None
        if self.has_mf:
            p = embedding(users, self.parameters["mf_user"])[:, None]
            product = p * embedding(items, self.parameters["mf_item"])
        if self.has_mlp:
            of_users = self._user_half(embedding(users, self.parameters["mlp_user"]))[:, None]
            halves = of_users + self._item_half(embedding(items, self.parameters["mlp_item"]))
        return self._top(product, halves, learning)

    @torch.no_grad()
    def score(self, users: torch.Tensor, items: torch.Tensor | None = None) -> torch.Tensor:
        """Logits of many items for each user, in blocks of bounded memory.

        Args:
            users: (B,) int64.
            items: (B, C) int64; None for all m items.

        Returns:
            (B, C) or (B, m) float32.
        """
        if not self.has_mlp and items is None:
            return self.parameters["mf_user"][users] @ self.parameters["mf_item"].t()
        n_items = len(self.parameters["mlp_item" if self.has_mlp else "mf_item"])
        columns = n_items if items is None else items.shape[1]
        width = len(self.parameters["fusion_weight"]) if self.has_mlp else self.parameters["mf_user"].shape[1]
        scores = torch.empty(len(users), columns, device=users.device)
        rows = max(1, SCORING_BYTES // (12 * columns * width))
        of_items = self._item_half(self.parameters["mlp_item"]) if items is None else None
        for start in range(0, len(users), rows):
            block = slice(start, start + rows)
            if of_items is None:
                assert items is not None
                scores[block] = self.logits(users[block], items[block])
                continue
            halves = self._user_half(self.parameters["mlp_user"][users[block]])[:, None] + of_items
            product = None
            if self.has_mf:
                product = self.parameters["mf_user"][users[block]][:, None] * self.parameters["mf_item"]
            scores[block] = self._top(product, halves, None)
        return scores

    def _user_half(self, vectors: torch.Tensor) -> torch.Tensor:
        """(..., d) vectors through their half of the first layers: (..., T * d), bias included."""
        weight = self.parameters["first_weight"][: vectors.shape[-1]]
        return vectors @ weight + self.parameters["first_bias"]

    def _item_half(self, vectors: torch.Tensor) -> torch.Tensor:
        return vectors @ self.parameters["first_weight"][vectors.shape[-1] :]

    def _top(
        self, product: torch.Tensor | None, halves: torch.Tensor | None, learning: torch.Tensor | None
    ) -> torch.Tensor:
        """Logits from y_MF (G, S, d) and from both halves of the first layers, added up (G, S, T * d).

        Overwrites `halves`.
        """
        if halves is None:
            assert product is not None
            return product.sum(-1)
        fused = self._branches(halves, learning) @ self.parameters["fusion_weight"]
        fused = fused + self.parameters["fusion_bias"]
        if product is None:
            return fused[..., 0]
        of_mf, of_mlp = self.parameters["output"].chunk(2)
        return product @ of_mf + fused.relu_() @ of_mlp

    def _branches(self, halves: torch.Tensor, learning: torch.Tensor | None) -> torch.Tensor:
        """(G, S, T * d) outputs of the branches, side by side."""
        factors = self.parameters["mlp_user"].shape[1]
        y = halves.relu_().view(*halves.shape[:-1], -1, factors)
        for layer in range(1, self._layers + 1):
            product = torch.einsum("gstd,tde->gste", y, self.parameters[f"branch_weight_{layer}"])
            y = (product + self.parameters[f"branch_bias_{layer}"]).relu_()
        if learning is not None:
            y = torch.where(learning[..., None], y, y.detach())
        return y.flatten(2)
