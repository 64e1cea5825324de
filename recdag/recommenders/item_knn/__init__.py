"""Nearest neighbours among the items."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from recdag.recommenders.config import Config
from recdag.recommenders.spec import ModelSpec


class ItemKNNConfig(Config):
    """Item-based nearest neighbours."""

    similarity: Literal["cosine", "jaccard", "dice", "asymmetric_cosine"] = Field(
        "cosine", description="measure of two items' overlap in users"
    )
    alpha: float = Field(
        0.5,
        ge=0,
        le=1,
        description="asymmetric_cosine: exponent of the target item's norm, 1 - alpha the source's",
    )
    neighbours: int = Field(500, ge=1, description="best source items kept for each target item")
    shrink: float = Field(0.0, ge=0, description="added to the denominator: less trust in small overlaps")
    weighting: Literal["none", "tfidf", "bm25"] = Field(
        "none", description="weighting of the interactions beforehand"
    )
    normalize: bool = Field(
        False, description="divide a target's similarities by their sum, so that its score is a weighted mean"
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
