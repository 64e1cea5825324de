"""The collaborative denoising autoencoder."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from recdag.recommenders.config import NetworkConfig
from recdag.recommenders.spec import ModelSpec

Activation = Literal["identity", "sigmoid", "tanh"]


class CDAEConfig(NetworkConfig):
    """CDAE in two forms: the original's, and that of the comparison in Liang et al. 2018."""

    form: Literal["sampled", "full"] = Field(
        "sampled",
        description=(
            "sampled: positives and fresh negatives, AdaGrad, as in the original; full: all cells, the "
            "zeros weighted as the negatives would be on average, Adam"
        ),
    )
    factors: int = Field(50, ge=1, description="width K of the hidden layer")
    hidden_activation: Activation = Field("sigmoid", description="what follows the hidden layer")
    output_activation: Activation = Field(
        "identity",
        description="what follows the output under the square loss; the logistic loss is on logits",
    )
    tied: bool = Field(False, description="one matrix of item vectors for input and output")
    loss: Literal["square", "logistic"] = Field("square", description="comparison of an output with 1 or 0")
    negatives: int = Field(
        5, ge=1, description="negatives for each positive, or their total weight in the full form"
    )
    corruption: float = Field(
        0.5, ge=0, lt=1, description="share q of a user's items dropped from the input in training"
    )
    scale_input: bool = Field(False, description="multiply the items kept by 1 / (1 - q) in training")
    l2: float = Field(
        0.01,
        ge=0,
        description=(
            "penalty lambda / 2 * |x|^2; sampled: once for each use of a vector or bias; full: weight decay"
            " of Adam on all vectors"
        ),
    )
    learning_rate: float = Field(0.1, gt=0, description="step size of AdaGrad or Adam")
    init_scale: float = Field(
        4.0, gt=0, description="vectors start uniform within init_scale * sqrt(6 / (m + K))"
    )
    batch_size: int = Field(32, ge=1, description="users a step")
    unseen_users: Literal["zero", "mean", "steps"] = Field(
        "zero",
        description=(
            "user node of those who were not in training: zero, the mean of the learned ones, or zero "
            "followed by gradient steps on it alone"
        ),
    )
    fold_in_steps: int = Field(20, ge=1, description="unseen_users steps: how many")
    fold_in_learning_rate: float = Field(0.05, gt=0, description="unseen_users steps: step size of Adam")


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
