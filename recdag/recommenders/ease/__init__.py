"""EASE^R."""

from __future__ import annotations

from pydantic import Field

from recdag.recommenders.config import Config
from recdag.recommenders.spec import ModelSpec


class EASEConfig(Config):
    """EASE^R."""

    l2: float = Field(500.0, gt=0, description="ridge penalty lambda on the item-item weights")


PLACE = 3
SPECS = (
    ModelSpec(
        name="ease",
        title="EASE",
        module=f"{__name__}.model",
        class_name="EASE",
        config=EASEConfig,
        version="2",
        learns_by_epochs=False,
        gram_matrices=3,
        random=False,
        summary=(
            "EASE^R (Steck 2019): a ridge regression of every item on all others, in closed form. "
            "No paper here compares with it; it shows what a linear model reaches."
        ),
    ),
)
