"""Element-wise alternating least squares."""

from __future__ import annotations

from dataclasses import dataclass

from recdag.recommenders.config import Config, hyper
from recdag.recommenders.spec import ModelSpec


@dataclass(frozen=True)
class EALSConfig(Config):
    """Element-wise alternating least squares with popularity-aware weights of unobserved cells."""

    factors: int = hyper(20, "length of the user and item vectors", ge=1)
    epochs: int = hyper(50, "sweeps: all users, then all items", ge=1)
    patience: int | None = hyper(5, "validations without improvement before training ends")
    least_epochs: int = hyper(8, "sweeps after which patience begins", ge=0)
    l2: float = hyper(0.007, "L2 regularization, relative to what the cells of a user or item weigh", gt=0)
    unobserved_ratio: float = hyper(
        16.0,
        "weight of all unobserved cells together beside that of the positives; the paper's c0 is this times "
        "the positives of a user",
        ge=0,
    )
    popularity_exponent: float = hyper(
        0.1, "how much more an unobserved cell of a popular item weighs; 0: all alike", ge=0
    )
    initial_std: float = hyper(0.01, "standard deviation of the initial vectors", gt=0)
    fold_in_sweeps: int = hyper(10, "coordinate sweeps for a user not in training", ge=1)


PLACE = 14
SPECS = (
    ModelSpec(
        name="eals",
        title="eALS",
        module=f"{__name__}.model",
        class_name="EALS",
        config=EALSConfig,
        version="2",
        variant=("factors",),
        libraries=("numba",),
        summary=(
            "Element-wise alternating least squares (He et al. 2016): matrix factorization on all cells, "
            "in which unobserved cells of popular items weigh more. Every coordinate is solved exactly in "
            "turn."
        ),
    ),
)
