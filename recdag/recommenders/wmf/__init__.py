"""Weighted matrix factorization."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recdag.recommenders.config import Config, hyper
from recdag.recommenders.spec import ModelSpec


@dataclass(frozen=True)
class WMFConfig(Config):
    """Weighted matrix factorization; which of two parameterisations is `weighting`'s choice."""

    factors: int = hyper(64, "length of the user and item vectors", ge=1)
    epochs: int = hyper(14, "sweeps: all users, then all items", ge=1)
    patience: int | None = hyper(3, "validations without improvement before training ends")
    least_epochs: int = hyper(8, "sweeps after which patience begins", ge=0)
    weighting: Literal["frequency_scaled", "confidence"] = hyper(
        "frequency_scaled",
        "frequency_scaled: every cell weighs the same, a positive 1 more, l2 grows with row and column "
        "frequency (Rendle et al. 2022); confidence: 1 + alpha * r on positives, 1 elsewhere, plain l2 (Hu "
        "et al. 2008)",
    )
    l2: float = hyper(0.007, "L2 regularization; frequency_scaled: relative to the weight of the cells", ge=0)
    unobserved_ratio: float = hyper(
        16.0,
        "frequency_scaled: weight of all cells together beside that of the positives; a published weight a0 "
        "of a single cell is this times the density",
        gt=0,
    )
    frequency_exponent: float = hyper(
        1.0, "frequency_scaled: exponent nu of the scaling of l2; 0: the same for all", ge=0
    )
    alpha: float = hyper(40.0, "confidence: growth of the confidence with the strength", ge=0)
    strength: Literal["one", "count", "relative_rating", "log_count"] = hyper(
        "one", "confidence: the r in 1 + alpha * r"
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
