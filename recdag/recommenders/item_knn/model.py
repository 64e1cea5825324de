"""Item-based nearest neighbours (Sarwar et al. 2001; Aiolli 2013 for the asymmetric cosine)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from scipy.sparse import csr_array
from torch.nn.functional import embedding_bag

from recdag.recommenders.base import Query, Recommender
from recdag.recommenders.item_knn import ItemKNNConfig
from recdag.recommenders.shared.sparse_ops import ItemGram, score_candidates
from recdag.training.data import TrainingData
from recdag.training.options import FitOptions, History

BLOCK_BYTES = 16 << 20
BM25_K1, BM25_B = 1.2, 0.75


class ItemKNN(Recommender[ItemKNNConfig]):
    """Scores item i by the summed similarity s_ij to the items j of the history.

    Of every target i the best sources j are kept, not of every source the best targets: a rare item
    is then still reached from what resembles it most. With columns x_i of the (weighted) training
    matrix, the shrink term h and the exponent a:

        cosine             x_i.x_j / (|x_i| |x_j| + h)
        asymmetric_cosine  x_i.x_j / (|x_i|^2a |x_j|^2(1-a) + h)
        jaccard            x_i.x_j / (|x_i|^2 + |x_j|^2 - x_i.x_j + h)
        dice             2 x_i.x_j / (|x_i|^2 + |x_j|^2 + h)

    Weighting takes users for terms and items for documents: users of few items tell more (idf), and
    BM25 also gives a popular item less weight as a source.
    """

    folds_in: ClassVar[bool] = True
    _sources: torch.Tensor
    _similarities: torch.Tensor

    def fit(self, data: TrainingData, options: FitOptions) -> History:
        self.device = options.device
        weighted, source_weights = self._weighted(data.positives)
        squares = torch.from_numpy(weighted.power(2).sum(axis=0))
        gram = ItemGram(weighted)
        m = data.n_items
        kept = min(self.config.neighbours, m)
        self._sources = torch.empty((m, kept), dtype=torch.int32, device=self.device)
        self._similarities = torch.empty((m, kept), dtype=torch.float32, device=self.device)
        step = max(1, BLOCK_BYTES // (4 * m))
        for start in range(0, m, step):
            targets = slice(start, min(start + step, m))
            similarity = self._similarity(gram.rows(start, targets.stop), squares[targets, None], squares)
            similarity.diagonal(offset=start).zero_()
            values, sources = similarity.topk(kept)
            if self.config.normalize:
                values /= values.sum(dim=1, keepdim=True).clamp(min=torch.finfo(values.dtype).tiny)
            self._similarities[targets] = (values * source_weights[sources]).to(self.device)
            self._sources[targets] = sources.int().to(self.device)
            options.heartbeat()
        return History()

    def _weighted(self, positives: csr_array) -> tuple[csr_array, torch.Tensor]:
        """The weighted matrix, and the (m,) weight of each item in a history (1 but for BM25)."""
        n_items = positives.shape[1]
        per_user = np.diff(positives.indptr)
        per_item = positives.sum(axis=0)
        users, items = np.ones(len(per_user), np.float32), np.ones(n_items, np.float32)
        if self.config.weighting != "none":
            users = np.log(n_items / (1 + per_user)).clip(min=0).astype(np.float32)
        if self.config.weighting == "bm25":
            length = 1 - BM25_B + BM25_B * per_item / per_item.mean()
            items = ((BM25_K1 + 1) / (BM25_K1 * length + 1)).astype(np.float32)
        values = positives.data * np.repeat(users, per_user) * items[positives.indices]
        weighted = csr_array((values, positives.indices, positives.indptr), shape=positives.shape)
        return weighted, torch.from_numpy(items)

    def _similarity(self, common: torch.Tensor, target: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
        """Similarities from products (R, m) and squared norms (R, 1), (m,); overwrites `common`."""
        config = self.config
        tiny = torch.finfo(common.dtype).tiny
        match config.similarity:
            case "cosine":
                below = target.sqrt() * source.sqrt()
            case "asymmetric_cosine":
                below = target**config.alpha * source ** (1 - config.alpha)
            case "jaccard":
                below = target + source - common
            case "dice":
                below = (target + source) / 2
        shrink = config.shrink / 2 if config.similarity == "dice" else config.shrink
        return common.div_(below.add_(shrink).clamp_(min=tiny))

    def score(self, query: Query, items: torch.Tensor | None = None) -> torch.Tensor:
        if items is None:
            return self._score_all(query.history)
        return score_candidates(self._score_all, query.history, items)

    def _score_all(self, history: csr_array) -> torch.Tensor:
        chosen = torch.from_numpy(history.T.toarray(order="C")).to(self.device)
        scores = embedding_bag(self._sources, chosen, per_sample_weights=self._similarities, mode="sum")
        return scores.T.contiguous()

    def parameters_state(self) -> dict[str, torch.Tensor]:
        return {"sources": self._sources, "similarities": self._similarities}

    def load_parameters(self, state: dict[str, torch.Tensor]) -> None:
        self._sources = state["sources"].to(self.device)
        self._similarities = state["similarities"].to(self.device)
