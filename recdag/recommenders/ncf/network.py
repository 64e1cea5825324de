"""The network of GMF, MLP and NeuMF (He et al. 2017, equations 9, 10 and 12) and its gradient.

    logit(u, i) = h . (p_u * q_i) + MLP([p'_u; q'_i]) + b

GMF is the first part, MLP the second, NeuMF both. The gradient is written out: on CPU that is about
twice as fast as autograd at these sizes. A batch is users with a few items each, so that what
depends on the user alone is computed once for all of them.
"""

from __future__ import annotations

import itertools
import math

import torch

SCORING_BYTES = 2**26


def tower(factors: int, layers: int, embedding: str) -> list[int]:
    """Widths of the MLP from the concatenated vectors up to the last hidden layer.

    Args:
        factors: width of the last hidden layer.
        layers: number X of hidden layers; each is half as wide as the one below it.
        embedding: "repository" makes the input twice as wide as the first hidden layer, as the
            authors' code does; "paper" as wide as it, as section 4.1 says.
    """
    hidden = [factors * 2 ** (layers - 1 - layer) for layer in range(layers)]
    widest = hidden[0] if layers else factors
    concatenated = 2 * widest if layers and embedding == "repository" else widest
    return [2 * max(1, concatenated // 2), *hidden]


def initial_parameters(
    n_users: int, n_items: int, gmf_width: int, mlp_widths: list[int], device: torch.device
) -> dict[str, torch.Tensor]:
    """Random parameters, initialised as in the authors' code.

    Vectors are N(0, 0.01), hidden weights Glorot-uniform, output weights LeCun-uniform, biases 0.

    Args:
        gmf_width: length of the vectors of the GMF part; 0 leaves it out.
        mlp_widths: see `tower`; empty leaves the MLP part out.
    """
    parameters = {}
    if gmf_width:
        parameters["gmf_user"] = torch.randn(n_users, gmf_width, device=device) * 0.01
        parameters["gmf_item"] = torch.randn(n_items, gmf_width, device=device) * 0.01
    if mlp_widths:
        side = mlp_widths[0] // 2
        parameters["mlp_user"] = torch.randn(n_users, side, device=device) * 0.01
        parameters["mlp_item"] = torch.randn(n_items, side, device=device) * 0.01
        for layer, (wide, narrow) in enumerate(itertools.pairwise(mlp_widths)):
            bound = math.sqrt(6 / (wide + narrow))
            parameters[f"mlp_weight_{layer}"] = _uniform((wide, narrow), bound, device)
            parameters[f"mlp_bias_{layer}"] = torch.zeros(narrow, device=device)
    last = mlp_widths[-1] if mlp_widths else 0
    bound = math.sqrt(3 / (gmf_width + last))
    if gmf_width:
        parameters["gmf_output"] = _uniform((gmf_width,), bound, device)
    if mlp_widths:
        parameters[f"mlp_weight_{len(mlp_widths) - 1}"] = _uniform((last, 1), bound, device)
    parameters["output_bias"] = torch.zeros(1, device=device)
    return parameters


def _uniform(shape: tuple[int, ...], bound: float, device: torch.device) -> torch.Tensor:
    return (torch.rand(shape, device=device) * 2 - 1) * bound


class NCFNetwork:
    """Logits and gradients for a set of parameters; the parameters' names tell which parts there are.

    Attributes:
        parameters: name -> tensor, as from `initial_parameters`. `mlp_weight_l` is (in, out); the last
            one is the MLP's output (in, 1).
        gradients: name -> tensor, filled by `backpropagate`.
    """

    def __init__(self, parameters: dict[str, torch.Tensor]) -> None:
        self.parameters = parameters
        self.gradients: dict[str, torch.Tensor] = {}
        self.has_gmf = "gmf_user" in parameters
        self.has_mlp = "mlp_user" in parameters
        self._layers = sum(name.startswith("mlp_weight") for name in parameters)

    def prepare_training(self) -> None:
        """Make room for gradients, as `grad` of each parameter."""
        for name, value in self.parameters.items():
            self.gradients[name] = value.grad = torch.zeros_like(value)

    def _weight(self, layer: int) -> torch.Tensor:
        return self.parameters[f"mlp_weight_{layer}"]

    def _bias_name(self, layer: int) -> str:
        return f"mlp_bias_{layer}" if layer < self._layers - 1 else "output_bias"

    def backpropagate(self, users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        """Put the gradient of the mean binary cross-entropy (equation 7) in `gradients`.

        Args:
            users: (G,) int64.
            items: (G, S) int64; column 0 holds positives, the others negatives.

        Returns:
            () the loss summed over the G * S pairs.
        """
        flat = items.reshape(-1)
        logits = torch.zeros(items.shape, device=items.device)
        if self.has_gmf:
            p, q, product = self._gmf_forward(users, items)
            logits += product @ self.parameters["gmf_output"]
        if self.has_mlp:
            user_vectors, item_vectors, hidden, top = self._mlp_forward(users, items)
            logits += top.view_as(logits)
        else:
            logits += self.parameters["output_bias"]

        loss = torch.nn.functional.softplus(logits).sum() - logits[:, 0].sum()
        slope = torch.sigmoid(logits)
        slope[:, 0] -= 1
        slope /= slope.numel()
        if self.has_gmf:
            self._gmf_backward(users, flat, p, q, product, slope)
        if self.has_mlp:
            self._mlp_backward(users, flat, user_vectors, item_vectors, hidden, slope)
        else:
            torch.sum(slope.view(-1, 1), 0, out=self.gradients["output_bias"])
        return loss

    def _gmf_forward(
        self, users: torch.Tensor, items: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        p = self.parameters["gmf_user"].index_select(0, users)[:, None]
        q = self.parameters["gmf_item"].index_select(0, items.reshape(-1)).view(*items.shape, -1)
        return p, q, p * q

    def _gmf_backward(
        self,
        users: torch.Tensor,
        flat: torch.Tensor,
        p: torch.Tensor,
        q: torch.Tensor,
        product: torch.Tensor,
        slope: torch.Tensor,
    ) -> None:
        width = p.shape[-1]
        torch.mv(product.view(-1, width).t(), slope.view(-1), out=self.gradients["gmf_output"])
        inner = slope[:, :, None] * self.parameters["gmf_output"]
        self._scatter("gmf_user", users, (inner * q).sum(1))
        self._scatter("gmf_item", flat, inner.mul_(p).view(-1, width))

    def _mlp_forward(
        self, users: torch.Tensor, items: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, list[torch.Tensor], torch.Tensor]:
        """Vectors of users (G, E) and items (G * S, E), hidden activations, output (G * S, 1)."""
        user_vectors = self.parameters["mlp_user"].index_select(0, users)
        item_vectors = self.parameters["mlp_item"].index_select(0, items.reshape(-1))
        side = user_vectors.shape[1]
        of_users = torch.addmm(self.parameters[self._bias_name(0)], user_vectors, self._weight(0)[:side])
        x = torch.mm(item_vectors, self._weight(0)[side:])
        x.view(*items.shape, -1).add_(of_users[:, None])
        hidden = []
        for layer in range(1, self._layers):
            hidden.append(x.relu_())
            x = torch.addmm(self.parameters[self._bias_name(layer)], x, self._weight(layer))
        return user_vectors, item_vectors, hidden, x

    def _mlp_backward(
        self,
        users: torch.Tensor,
        flat: torch.Tensor,
        user_vectors: torch.Tensor,
        item_vectors: torch.Tensor,
        hidden: list[torch.Tensor],
        slope: torch.Tensor,
    ) -> None:
        d = slope.view(-1, 1)
        for layer in range(self._layers - 1, 0, -1):
            torch.sum(d, 0, out=self.gradients[self._bias_name(layer)])
            torch.mm(hidden[layer - 1].t(), d, out=self.gradients[f"mlp_weight_{layer}"])
            # sign of a ReLU's output is its derivative
            d = torch.mm(d, self._weight(layer).t()).mul_(hidden[layer - 1].sign_())
        side = user_vectors.shape[1]
        of_users = d.view(*slope.shape, -1).sum(1)
        first = self.gradients["mlp_weight_0"]
        torch.sum(of_users, 0, out=self.gradients[self._bias_name(0)])
        torch.mm(user_vectors.t(), of_users, out=first[:side])
        torch.mm(item_vectors.t(), d, out=first[side:])
        self._scatter("mlp_user", users, torch.mm(of_users, self._weight(0)[:side].t()))
        self._scatter("mlp_item", flat, torch.mm(d, self._weight(0)[side:].t()))

    def _scatter(self, name: str, rows: torch.Tensor, values: torch.Tensor) -> None:
        self.gradients[name].zero_().index_add_(0, rows, values)

    def logits(self, users: torch.Tensor, items: torch.Tensor | None = None) -> torch.Tensor:
        """Logits of many items for each user, in blocks of bounded memory.

        The first MLP layer is linear in each of its two halves, so it is applied once to each user and
        once to each item.

        Args:
            users: (B,) int64.
            items: (B, C) int64; None for all m items.

        Returns:
            (B, C) or (B, m) float32.
        """
        item_table = self.parameters["mlp_item" if self.has_mlp else "gmf_item"]
        columns = len(item_table) if items is None else items.shape[1]
        logits = torch.empty(len(users), columns, device=users.device)
        of_items = item_table @ self._weight(0)[item_table.shape[1] :] if self.has_mlp else None
        rows = max(1, SCORING_BYTES // (8 * max(1, columns * item_table.shape[1])))
        for start in range(0, len(users), rows):
            block = slice(start, start + rows)
            block_items = None if items is None else items[block]
            scores = logits[block].copy_(self.parameters["output_bias"].expand_as(logits[block]))
            if self.has_gmf:
                scores += self._gmf_scores(users[block], block_items)
            if of_items is not None:
                scores += self._mlp_scores(users[block], block_items, of_items)
        return logits

    def _gmf_scores(self, users: torch.Tensor, items: torch.Tensor | None) -> torch.Tensor:
        weighted = self.parameters["gmf_user"][users] * self.parameters["gmf_output"]
        if items is None:
            return weighted @ self.parameters["gmf_item"].t()
        return torch.bmm(self.parameters["gmf_item"][items], weighted[:, :, None])[:, :, 0]

    def _mlp_scores(
        self, users: torch.Tensor, items: torch.Tensor | None, of_items: torch.Tensor
    ) -> torch.Tensor:
        vectors = self.parameters["mlp_user"][users]
        of_users = vectors @ self._weight(0)[: vectors.shape[1]]
        x = of_users[:, None] + (of_items if items is None else of_items[items])
        for layer in range(1, self._layers):
            x += self.parameters[f"mlp_bias_{layer - 1}"]
            x = x.relu_() @ self._weight(layer)
        return x[:, :, 0]
