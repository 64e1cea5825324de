"""Weighted matrix factorization."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from recdag.recommenders.config import Config
from recdag.recommenders.spec import ModelSpec


class WMFConfig(Config):
    """Weighted matrix factorization; which of two parameterisations is `weighting`'s choice."""

    factors: int = Field(64, ge=1, description="length of the user and item vectors")
    epochs: int = Field(14, ge=1, description="sweeps: all users, then all items")
    patience: int | None = Field(3, description="validations without improvement before training ends")
    least_epochs: int = Field(8, ge=0, description="sweeps after which patience begins")
    weighting: Literal["frequency_scaled", "confidence"] = Field(
        "frequency_scaled",
        description=(
            "frequency_scaled: every cell weighs the same, a positive 1 more, l2 grows with row and column "
            "frequency (Rendle et al. 2022); confidence: 1 + alpha * r on positives, 1 elsewhere, plain l2 "
            "(Hu et al. 2008)"
        ),
    )
    l2: float = Field(
        0.007, ge=0, description="L2 regularization; frequency_scaled: relative to the weight of the cells"
    )
    unobserved_ratio: float = Field(
        16.0,
        gt=0,
        description=(
            "frequency_scaled: weight of all cells together beside that of the positives; a published "
            "weight a0 of a single cell is this times the density"
        ),
    )
    frequency_exponent: float = Field(
        1.0, ge=0, description="frequency_scaled: exponent nu of the scaling of l2; 0: the same for all"
    )
    alpha: float = Field(40.0, ge=0, description="confidence: growth of the confidence with the strength")
    strength: Literal["one", "count", "relative_rating", "log_count"] = Field(
        "one", description="confidence: the r in 1 + alpha * r"
    )


PLACE = 5
SPECS = (
    ModelSpec(
        name="wmf",
        title="WMF",
        module=f"{__name__}.model",
        class_name="WMF",
        config=WMFConfig,
        version="2",
        variant=("factors",),
        summary=(
            "Weighted matrix factorization (Hu, Koren, Volinsky 2008), known as IMF, WMF and iALS: "
            "squared loss on all cells, confidence on positives, exact alternating solves."
        ),
    ),
)
