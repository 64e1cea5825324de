"""The collaborative denoising autoencoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recdag.recommenders.config import NetworkConfig, hyper
from recdag.recommenders.spec import ModelSpec

Activation = Literal["identity", "sigmoid", "tanh"]


@dataclass(frozen=True)
class CDAEConfig(NetworkConfig):
    """CDAE in two forms: the original's, and that of the comparison in Liang et al. 2018."""

    form: Literal["sampled", "full"] = hyper(
        "sampled",
        "sampled: positives and fresh negatives, AdaGrad, as in the original; full: all cells, the zeros "
        "weighted as the negatives would be on average, Adam",
    )
    factors: int = hyper(50, "width K of the hidden layer", ge=1)
    hidden_activation: Activation = hyper("sigmoid", "what follows the hidden layer")
    output_activation: Activation = hyper(
        "identity", "what follows the output under the square loss; the logistic loss is on logits"
    )
    tied: bool = hyper(False, "one matrix of item vectors for input and output")
    loss: Literal["square", "logistic"] = hyper("square", "comparison of an output with 1 or 0")
    negatives: int = hyper(5, "negatives for each positive, or their total weight in the full form", ge=1)
    corruption: float = hyper(0.5, "share q of a user's items dropped from the input in training", ge=0, lt=1)
    scale_input: bool = hyper(False, "multiply the items kept by 1 / (1 - q) in training")
    l2: float = hyper(
        0.01,
        "penalty lambda / 2 * |x|^2; sampled: once for each use of a vector or bias; full: weight decay of "
        "Adam on all vectors",
        ge=0,
    )
    learning_rate: float = hyper(0.1, "step size of AdaGrad or Adam", gt=0)
    init_scale: float = hyper(4.0, "vectors start uniform within init_scale * sqrt(6 / (m + K))", gt=0)
    batch_size: int = hyper(32, "users a step", ge=1)
    unseen_users: Literal["zero", "mean", "steps"] = hyper(
        "zero",
        "user node of those who were not in training: zero, the mean of the learned ones, or zero followed "
        "by gradient steps on it alone",
    )
    fold_in_steps: int = hyper(20, "unseen_users steps: how many", ge=1)
    fold_in_learning_rate: float = hyper(0.05, "unseen_users steps: step size of Adam", gt=0)


PLACE = 8
SPECS = (
    ModelSpec(
        name="cdae",
        title="CDAE",
        module=f"{__name__}.model",
        class_name="CDAE",
        config=CDAEConfig,
        version="1",
        variant=("factors",),
        summary=(
            "Collaborative denoising autoencoder (Wu et al. 2016): gives back a user's items from a part of "
            "them and a vector of the user."
        ),
    ),
)
