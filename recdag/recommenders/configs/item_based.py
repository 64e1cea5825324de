"""Hyperparameters of the item-based models: ItemPop, ItemKNN, EASE and SLIM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recdag.recommenders.configs.base import Config, hyper


@dataclass(frozen=True)
class ItemPopConfig(Config):
    """Nothing to choose."""


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


@dataclass(frozen=True)
class EASEConfig(Config):
    """EASE^R."""

    l2: float = hyper(500.0, "ridge penalty lambda on the item-item weights", gt=0)


@dataclass(frozen=True)
class SLIMConfig(Config):
    """SLIM."""

    l1: float = hyper(1.0, "penalty on the sum of the item-item weights; larger is sparser", ge=0)
    l2: float = hyper(1.0, "ridge penalty on the item-item weights, half their squared sum", ge=0)
    tolerance: float = hyper(1e-4, "a column is solved when no step changes a weight by more", gt=0)
    max_iterations: int = hyper(1000, "sweeps over the items of a column at most", ge=1)
