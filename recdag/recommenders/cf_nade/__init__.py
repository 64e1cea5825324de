"""Implicit CF-NADE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recdag.errors import ConfigError
from recdag.recommenders.config import NetworkConfig, hyper
from recdag.recommenders.spec import ModelSpec


@dataclass(frozen=True)
class ImplicitCFNADEConfig(NetworkConfig):
    """Implicit CF-NADE; the input is the paper's, or a normalised variant of it."""

    hidden: list[int] = hyper([256], "widths of the hidden layers; more than one is the deep version", ge=1)
    alpha: float = hyper(100.0, "growth of the confidence 1 + alpha * r with the relative rating r", ge=0)
    input: Literal["printed", "normalised"] = hyper(
        "printed",
        "printed: sums over likes and dislikes (equation 9); normalised: confidences of the likes scaled to "
        "length 1, mean over the dislikes (a variant that is not in the paper)",
    )
    loss_scale: Literal["sum", "mean"] = hyper(
        "sum", "sum over a user's items, as printed (equation 14), or mean; steps of sgd scale with it"
    )
    order: Literal["per_user", "per_batch"] = hyper(
        "per_user",
        "per_user: each user of a batch has a random order of the items, and a position to split it at, of "
        "his own; per_batch: all share one, which takes less time",
    )
    optimizer: Literal["sgd", "adam"] = hyper("adam", "rule of the steps; the paper's is sgd")
    learning_rate: float = hyper(0.003, "step size", gt=0)
    weight_decay: float = hyper(0.0, "L2 penalty on weights, none on biases, added to the gradient", ge=0)
    batch_size: int = hyper(200, "users a step", ge=1)
    like_std: float = hyper(0.002, "standard deviation of W, the weights of likes, at the start", ge=0)
    dislike_std: float = hyper(0.0002, "the same of A, the weights of dislikes", ge=0)
    output_std: float = hyper(0.002, "the same of V, the weights of the outputs", gt=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.hidden:
            raise ConfigError("hidden has to name at least one layer", cure="For example hidden: [256]")


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
