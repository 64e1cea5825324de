"""Fast adaptively weighted matrix factorization."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from recdag.recommenders.config import Config
from recdag.recommenders.spec import ModelSpec


class FAWMFConfig(Config):
    """Fast adaptively weighted matrix factorization; an epoch is `iterations_per_epoch` steps of Adam."""

    factors: int = Field(20, ge=1, description="length K of the user and item vectors")
    communities: int = Field(
        20, ge=1, description="number D of communities through which users are exposed to items"
    )
    epochs: int = Field(
        12, ge=1, description="validations: training has epochs * iterations_per_epoch iterations"
    )
    iterations_per_epoch: int = Field(
        25, ge=1, description="full gradients, each with one step of Adam, in an epoch"
    )
    patience: int | None = Field(4, description="validations without improvement before training ends")
    learning_rate: float = Field(0.1, gt=0, description="step size of Adam, for all parameters")
    l2: float = Field(
        20.0, ge=0, description="L2 regularization lambda of the vectors, as lambda / 2 * |x|^2"
    )
    l2_membership: float = Field(
        0.001, ge=0, description="the same for the logits of the membership in communities"
    )
    l2_exposure: float = Field(
        0.01, ge=0, description="the same for the items' slopes and intercepts of exposure"
    )
    influence: Literal["learned", "fixed"] = Field(
        "learned",
        description="the users' influence alpha: learned as in the paper, or 1 as in the authors' code",
    )
    epsilon: float = Field(
        1e-5, ge=0, lt=1, description="what is seen of an item that the user does not know"
    )
    score: Literal["inner_product", "expected_exposure", "validation"] = Field(
        "validation",
        description=(
            "inner_product: u.v; expected_exposure: u.v weighted by the exposure; validation: whichever "
            "ranks better there, u.v where there is no validation"
        ),
    )
    training: Literal["fbgd", "bgd", "sgd_uniform", "sgd_popularity"] = Field(
        "fbgd",
        description=(
            "fbgd: all cells, by cached sums; bgd: all cells one by one; sgd_*: positives and unobserved "
            "cells drawn uniformly or by the items' popularity"
        ),
    )
    negatives: int = Field(
        5, ge=1, description="sgd_*: unobserved cells drawn for each positive, anew in each iteration"
    )
    sample_weight: Literal["all_unobserved", "one"] = Field(
        "all_unobserved",
        description=(
            "sgd_*: all_unobserved: cells drawn count for all unobserved ones, unbiased if drawn uniformly;"
            " one: each counts once, as a positive does"
        ),
    )
    fold_in_steps: int = Field(
        20, ge=1, description="steps of Adam on the membership of a user not in training"
    )


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
