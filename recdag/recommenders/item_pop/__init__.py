"""The number of users who chose an item."""

from __future__ import annotations

from recdag.recommenders.config import Config
from recdag.recommenders.spec import ModelSpec


class ItemPopConfig(Config):
    """Nothing to choose."""


PLACE = 1
SPECS = (
    ModelSpec(
        name="item_pop",
        title="ItemPop",
        module=f"{__name__}.model",
        class_name="ItemPop",
        config=ItemPopConfig,
        version="1",
        learns_by_epochs=False,
        random=False,
        libraries=("scipy",),
        summary=(
            "Ranks items by the number of training users who chose them. The floor that every "
            "personal recommender has to beat, and the anchor of the evaluator."
        ),
    ),
)
