"""Hyperparameters of the models that learn from several kinds of feedback: MF, M-MLP, both, MFPR."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recdag.recommenders.configs.base import Config, hyper


@dataclass(frozen=True)
class FeedbackConfig(Config):
    """What all of them share: pairs of an item chosen and one not chosen, and steps of Adam."""

    factors: int = hyper(4, "length d of the user and item vectors", ge=1)
    epochs: int = hyper(60, "passes over the positives", ge=1)
    patience: int | None = hyper(8, "validations without improvement before training ends")
    negatives: int = hyper(3, "negatives drawn for each positive, anew in each epoch", ge=1)
    sampler: Literal["uniform", "supportive", "mixed"] = hyper(
        "uniform",
        "uniform: any item not chosen; supportive: those the user met in supportive feedback only, as the "
        "paper says, which makes a held-out item that was clicked a negative; mixed: supportive with "
        "probability supportive_share, else uniform",
    )
    supportive_share: float = hyper(0.5, "mixed: share rho of supportive negatives", ge=0, le=1)
    learning_rate: float = hyper(0.01, "step size of Adam", gt=0)
    batch_size: int = hyper(1024, "positives a step; the paper's is 1", ge=1)


@dataclass(frozen=True)
class MFConfig(FeedbackConfig):
    """Matrix factorization (equation 1)."""

    loss: Literal["pairwise", "bce"] = hyper(
        "pairwise",
        "pairwise: -ln sigmoid(z_ui - z_uj); bce: binary cross-entropy of every positive and negative",
    )
    init_std: float = hyper(0.1, "standard deviation of all parameters at the start; the paper's is 0.01", gt=0)


@dataclass(frozen=True)
class MMLPConfig(MFConfig):
    """Multi-branch multi-layer perceptron (equations 2 to 4)."""

    layers: int = hyper(2, "hidden layers of each branch, all of width `factors`", ge=1, le=10)


@dataclass(frozen=True)
class MFMMLPConfig(MMLPConfig):
    """Both, joined in the last layer (equations 5 to 7)."""


@dataclass(frozen=True)
class MFPRConfig(FeedbackConfig):
    """MFPR, adapted: a factorization whose users are enriched by what they met in each feedback."""

    factors: int = hyper(16, "length K of the user and item vectors", ge=1)
    l2: float = hyper(0.01, "L2 regularization of the vectors of each triple", ge=0)
    init_std: float = hyper(0.1, "standard deviation of the vectors at the start", gt=0)
    own_feedback: bool = hyper(
        True,
        "let a user's supportive feedback on an item count in the score of that very item; under sampled "
        "candidates this tells her held-out item from items never touched",
    )
