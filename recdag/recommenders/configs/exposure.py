"""Hyperparameters of factorizations that weigh unobserved cells: FAWMF, EXMF, eALS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recdag.recommenders.configs.base import Config, hyper


@dataclass(frozen=True)
class FAWMFConfig(Config):
    """Fast adaptively weighted matrix factorization; an epoch is `iterations_per_epoch` steps of Adam."""

    factors: int = hyper(20, "length K of the user and item vectors", ge=1)
    communities: int = hyper(20, "number D of communities through which users are exposed to items", ge=1)
    epochs: int = hyper(12, "validations: training has epochs * iterations_per_epoch iterations", ge=1)
    iterations_per_epoch: int = hyper(25, "full gradients, each with one step of Adam, in an epoch", ge=1)
    patience: int | None = hyper(4, "validations without improvement before training ends")
    learning_rate: float = hyper(0.1, "step size of Adam, for all parameters", gt=0)
    l2: float = hyper(20.0, "L2 regularization lambda of the vectors, as lambda / 2 * |x|^2", ge=0)
    l2_membership: float = hyper(0.001, "the same for the logits of the membership in communities", ge=0)
    l2_exposure: float = hyper(0.01, "the same for the items' slopes and intercepts of exposure", ge=0)
    influence: Literal["learned", "fixed"] = hyper(
        "learned", "the users' influence alpha: learned as in the paper, or 1 as in the authors' code"
    )
    epsilon: float = hyper(1e-5, "what is seen of an item that the user does not know", ge=0, lt=1)
    score: Literal["inner_product", "expected_exposure", "validation"] = hyper(
        "validation",
        "inner_product: u.v; expected_exposure: u.v weighted by the exposure; validation: whichever ranks "
        "better there, u.v where there is no validation",
    )
    training: Literal["fbgd", "bgd", "sgd_uniform", "sgd_popularity"] = hyper(
        "fbgd",
        "fbgd: all cells, by cached sums; bgd: all cells one by one; sgd_*: positives and unobserved cells "
        "drawn uniformly or by the items' popularity",
    )
    negatives: int = hyper(5, "sgd_*: unobserved cells drawn for each positive, anew in each iteration", ge=1)
    sample_weight: Literal["all_unobserved", "one"] = hyper(
        "all_unobserved",
        "sgd_*: all_unobserved: cells drawn count for all unobserved ones, unbiased if drawn uniformly; "
        "one: each counts once, as a positive does",
    )
    fold_in_steps: int = hyper(20, "steps of Adam on the membership of a user not in training", ge=1)


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
