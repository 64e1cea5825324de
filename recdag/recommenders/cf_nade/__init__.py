"""Implicit CF-NADE."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from recdag.recommenders.config import NetworkConfig, Widths
from recdag.recommenders.spec import ModelSpec


class ImplicitCFNADEConfig(NetworkConfig):
    """Implicit CF-NADE; the input is the paper's, or a normalised variant of it."""

    hidden: Widths = Field(
        [256], description="widths of the hidden layers; more than one is the deep version"
    )
    alpha: float = Field(
        100.0, ge=0, description="growth of the confidence 1 + alpha * r with the relative rating r"
    )
    input: Literal["printed", "normalised"] = Field(
        "printed",
        description=(
            "printed: sums over likes and dislikes (equation 9); normalised: confidences of the likes "
            "scaled to length 1, mean over the dislikes (a variant that is not in the paper)"
        ),
    )
    loss_scale: Literal["sum", "mean"] = Field(
        "sum",
        description="sum over a user's items, as printed (equation 14), or mean; steps of sgd scale with it",
    )
    order: Literal["per_user", "per_batch"] = Field(
        "per_user",
        description=(
            "per_user: each user of a batch has a random order of the items, and a position to split it at,"
            " of his own; per_batch: all share one, which takes less time"
        ),
    )
    optimizer: Literal["sgd", "adam"] = Field("adam", description="rule of the steps; the paper's is sgd")
    learning_rate: float = Field(0.003, gt=0, description="step size")
    weight_decay: float = Field(
        0.0, ge=0, description="L2 penalty on weights, none on biases, added to the gradient"
    )
    batch_size: int = Field(200, ge=1, description="users a step")
    like_std: float = Field(
        0.002, ge=0, description="standard deviation of W, the weights of likes, at the start"
    )
    dislike_std: float = Field(0.0002, ge=0, description="the same of A, the weights of dislikes")
    output_std: float = Field(0.002, gt=0, description="the same of V, the weights of the outputs")


PLACE = 10
SPECS = (
    ModelSpec(
        name="implicit_cf_nade",
        title="Implicit CF-NADE",
        module=f"{__name__}.model",
        class_name="ImplicitCFNADE",
        config=ImplicitCFNADEConfig,
        version="1",
        variant=("alpha", "hidden"),
        summary=(
            "Implicit CF-NADE (Zheng et al. 2016): a network that predicts likes from any part of a "
            "user's other likes and dislikes, weighted by confidence. Trained on random splits of the "
            "items."
        ),
    ),
    ModelSpec(
        name="implicit_cf_nade_normalised",
        title="Implicit CF-NADE, normalised",
        module=f"{__name__}.model",
        class_name="ImplicitCFNADE",
        config=ImplicitCFNADEConfig,
        version="1",
        variant=("alpha", "hidden"),
        summary=(
            "A variant of Implicit CF-NADE that is not in the paper: confidences of the likes are scaled to "
            "length 1 and dislikes are averaged, where equation 9 sums both."
        ),
    ),
)
