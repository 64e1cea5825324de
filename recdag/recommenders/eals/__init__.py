"""Element-wise alternating least squares."""

from __future__ import annotations

from pydantic import Field

from recdag.recommenders.config import Config
from recdag.recommenders.spec import ModelSpec


class EALSConfig(Config):
    """Element-wise alternating least squares with popularity-aware weights of unobserved cells."""

    factors: int = Field(20, ge=1, description="length of the user and item vectors")
    epochs: int = Field(50, ge=1, description="sweeps: all users, then all items")
    patience: int | None = Field(5, description="validations without improvement before training ends")
    least_epochs: int = Field(8, ge=0, description="sweeps after which patience begins")
    l2: float = Field(
        0.007, gt=0, description="L2 regularization, relative to what the cells of a user or item weigh"
    )
    unobserved_ratio: float = Field(
        16.0,
        ge=0,
        description=(
            "weight of all unobserved cells together beside that of the positives; the paper's c0 is this "
            "times the positives of a user"
        ),
    )
    popularity_exponent: float = Field(
        0.1, ge=0, description="how much more an unobserved cell of a popular item weighs; 0: all alike"
    )
    initial_std: float = Field(0.01, gt=0, description="standard deviation of the initial vectors")
    fold_in_sweeps: int = Field(10, ge=1, description="coordinate sweeps for a user not in training")


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
