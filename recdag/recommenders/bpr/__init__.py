"""Bayesian personalized ranking."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from recdag.recommenders.config import Config
from recdag.recommenders.spec import ModelSpec


class BPRConfig(Config):
    """Bayesian personalized ranking with matrix factorization."""

    factors: int = Field(64, ge=1, description="length of the user and item vectors")
    epochs: int = Field(100, ge=1, description="passes over the positives")
    patience: int | None = Field(5, description="validations without improvement before training ends")
    optimizer: Literal["adam", "adagrad", "sgd"] = Field("adam", description="rule of the steps")
    learning_rate: float = Field(0.005, gt=0, description="step size; for sgd that of a single triple")
    l2: float = Field(0.01, ge=0, description="L2 regularization of the vectors of each triple")
    batch_size: int = Field(4096, ge=1, description="triples a step")
    item_bias: bool = Field(True, description="learn a popularity bias per item")
    init_std: float = Field(0.1, gt=0, description="standard deviation of the vectors at the start")


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
