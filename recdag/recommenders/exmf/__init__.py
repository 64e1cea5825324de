"""Exposure matrix factorization, ExpoMF."""

from __future__ import annotations

from dataclasses import dataclass

from recdag.recommenders.config import Config, hyper
from recdag.recommenders.spec import ModelSpec


@dataclass(frozen=True)
class EXMFConfig(Config):
    """Exposure matrix factorization (ExpoMF) with one exposure prior an item."""

    factors: int = hyper(20, "length of the user and item vectors", ge=1)
    epochs: int = hyper(30, "rounds of expectation and maximization", ge=1)
    patience: int | None = hyper(4, "validations without improvement before training ends")
    least_epochs: int = hyper(8, "rounds after which patience begins", ge=0)
    noise_precision: float = hyper(10.0, "inverse variance lambda_y of a click on an item known", gt=0)
    prior_precision: float = hyper(
        1.3,
        "inverse variance lambda_p of the vectors for each positive of a user and of an item, in the mean; "
        "the ridge is lambda_p / lambda_y",
        gt=0,
    )
    initial_exposure: float = hyper(0.05, "prior exposure mu of every item at the start", gt=0, lt=1)
    prior_alpha: float = hyper(1.0, "first parameter of the Beta prior on mu", ge=1)
    prior_beta: float = hyper(1.0, "second parameter of the Beta prior on mu", ge=1)
    initial_std: float = hyper(0.01, "standard deviation of the initial vectors", gt=0)
    released_constant: bool = hyper(
        False, "likelihood times pi, as in the authors' code, instead of the Gaussian constant"
    )
    fold_in_rounds: int = hyper(5, "rounds of expectation and maximization for a user not in training", ge=1)


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
