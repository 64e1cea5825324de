"""Exposure matrix factorization, ExpoMF."""

from __future__ import annotations

from pydantic import Field

from recdag.recommenders.config import Config
from recdag.recommenders.spec import ModelSpec


class EXMFConfig(Config):
    """Exposure matrix factorization (ExpoMF) with one exposure prior an item."""

    factors: int = Field(20, ge=1, description="length of the user and item vectors")
    epochs: int = Field(30, ge=1, description="rounds of expectation and maximization")
    patience: int | None = Field(4, description="validations without improvement before training ends")
    least_epochs: int = Field(8, ge=0, description="rounds after which patience begins")
    noise_precision: float = Field(
        10.0, gt=0, description="inverse variance lambda_y of a click on an item known"
    )
    prior_precision: float = Field(
        1.3,
        gt=0,
        description=(
            "inverse variance lambda_p of the vectors for each positive of a user and of an item, in the "
            "mean; the ridge is lambda_p / lambda_y"
        ),
    )
    initial_exposure: float = Field(
        0.05, gt=0, lt=1, description="prior exposure mu of every item at the start"
    )
    prior_alpha: float = Field(1.0, ge=1, description="first parameter of the Beta prior on mu")
    prior_beta: float = Field(1.0, ge=1, description="second parameter of the Beta prior on mu")
    initial_std: float = Field(0.01, gt=0, description="standard deviation of the initial vectors")
    released_constant: bool = Field(
        False, description="likelihood times pi, as in the authors' code, instead of the Gaussian constant"
    )
    fold_in_rounds: int = Field(
        5, ge=1, description="rounds of expectation and maximization for a user not in training"
    )


PLACE = 13
SPECS = (
    ModelSpec(
        name="exmf",
        title="EXMF",
        module=f"{__name__}.model",
        class_name="EXMF",
        config=EXMFConfig,
        version="2",
        variant=("factors",),
        summary=(
            "Exposure matrix factorization, ExpoMF (Liang et al. 2016): infers for every cell whether the "
            "user knew the item, by expectation and maximization. Ranks by the inner product alone."
        ),
    ),
)
