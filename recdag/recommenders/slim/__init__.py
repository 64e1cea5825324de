"""Sparse linear methods."""

from __future__ import annotations

from dataclasses import dataclass

from recdag.recommenders.config import Config, hyper
from recdag.recommenders.spec import ModelSpec


@dataclass(frozen=True)
class SLIMConfig(Config):
    """SLIM."""

    l1: float = hyper(1.0, "penalty on the sum of the item-item weights; larger is sparser", ge=0)
    l2: float = hyper(1.0, "ridge penalty on the item-item weights, half their squared sum", ge=0)
    tolerance: float = hyper(1e-4, "a column is solved when no step changes a weight by more", gt=0)
    max_iterations: int = hyper(1000, "sweeps over the items of a column at most", ge=1)


PLACE = 4
SPECS = (
    ModelSpec(
        name="slim",
        title="SLIM",
        module=f"{__name__}.model",
        class_name="SLIM",
        config=SLIMConfig,
        version="1",
        learns_by_epochs=False,
        random=False,
        libraries=("numba",),
        summary=(
            "Sparse linear methods (Ning, Karypis 2011): an elastic net without negative weights predicts "
            "every item from all others."
        ),
    ),
)
