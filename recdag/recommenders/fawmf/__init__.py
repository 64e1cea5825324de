"""Fast adaptively weighted matrix factorization."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recdag.recommenders.config import Config, hyper
from recdag.recommenders.spec import ModelSpec


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


PLACE = 12
SPECS = (
    ModelSpec(
        name="fawmf",
        title="FAWMF",
        module=f"{__name__}.model",
        class_name="FAWMF",
        config=FAWMFConfig,
        version="1",
        variant=("factors",),
        libraries=("numba", "torch"),
        summary=(
            "Fast adaptively weighted matrix factorization (Chen et al. 2020): every cell weighs as much "
            "as the user is likely to know the item, learned through communities of users. Trained on all "
            "cells at a cost linear in the observed ones (fBGD)."
        ),
    ),
)
