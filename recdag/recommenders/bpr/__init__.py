"""Bayesian personalized ranking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recdag.recommenders.config import Config, hyper
from recdag.recommenders.spec import ModelSpec


@dataclass(frozen=True)
class BPRConfig(Config):
    """Bayesian personalized ranking with matrix factorization."""

    factors: int = hyper(64, "length of the user and item vectors", ge=1)
    epochs: int = hyper(100, "passes over the positives", ge=1)
    patience: int | None = hyper(5, "validations without improvement before training ends")
    optimizer: Literal["adam", "adagrad", "sgd"] = hyper("adam", "rule of the steps")
    learning_rate: float = hyper(0.005, "step size; for sgd that of a single triple", gt=0)
    l2: float = hyper(0.01, "L2 regularization of the vectors of each triple", ge=0)
    batch_size: int = hyper(4096, "triples a step", ge=1)
    item_bias: bool = hyper(True, "learn a popularity bias per item")
    init_std: float = hyper(0.1, "standard deviation of the vectors at the start", gt=0)


PLACE = 6
SPECS = (
    ModelSpec(
        name="bpr",
        title="BPR",
        module=f"{__name__}.model",
        class_name="BPR",
        config=BPRConfig,
        version="1",
        variant=("factors",),
        libraries=("numba", "torch"),
        summary=(
            "Matrix factorization trained on pairs (Rendle et al. 2009): an item chosen should score "
            "above one not chosen."
        ),
    ),
)
