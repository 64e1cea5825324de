"""Sparse linear methods."""

from __future__ import annotations

from pydantic import Field

from recdag.recommenders.config import Config
from recdag.recommenders.spec import ModelSpec


class SLIMConfig(Config):
    """SLIM."""

    l1: float = Field(1.0, ge=0, description="penalty on the sum of the item-item weights; larger is sparser")
    l2: float = Field(1.0, ge=0, description="ridge penalty on the item-item weights, half their squared sum")
    tolerance: float = Field(
        1e-4, gt=0, description="a column is solved when no step changes a weight by more"
    )
    max_iterations: int = Field(1000, ge=1, description="sweeps over the items of a column at most")


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
