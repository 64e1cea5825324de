"""Nearest neighbours among the items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recdag.recommenders.config import Config, hyper
from recdag.recommenders.spec import ModelSpec


@dataclass(frozen=True)
class ItemKNNConfig(Config):
    """Item-based nearest neighbours."""

    similarity: Literal["cosine", "jaccard", "dice", "asymmetric_cosine"] = hyper(
        "cosine", "measure of two items' overlap in users"
    )
    alpha: float = hyper(
        0.5, "asymmetric_cosine: exponent of the target item's norm, 1 - alpha the source's", ge=0, le=1
    )
    neighbours: int = hyper(500, "best source items kept for each target item", ge=1)
    shrink: float = hyper(0.0, "added to the denominator: less trust in small overlaps", ge=0)
    weighting: Literal["none", "tfidf", "bm25"] = hyper("none", "weighting of the interactions beforehand")
    normalize: bool = hyper(
        False, "divide a target's similarities by their sum, so that its score is a weighted mean"
    )


PLACE = 2
SPECS = (
    ModelSpec(
        name="item_knn",
        title="ItemKNN",
        module=f"{__name__}.model",
        class_name="ItemKNN",
        config=ItemKNNConfig,
        version="1",
        learns_by_epochs=False,
        random=False,
        libraries=("numba", "torch"),
        summary=(
            "Item-based nearest neighbours (Sarwar et al. 2001): a user's score for an item is the "
            "summed similarity to the items in the history."
        ),
    ),
)
