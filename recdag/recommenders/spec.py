"""What is known of a recommender without importing torch."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from recdag.recommenders.config import Config

if TYPE_CHECKING:
    import torch

    from recdag.recommenders.base import Recommender


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """Where a recommender lives and what a user is told about it.

    Attributes:
        name: snake_case id, the same in asset keys, recipes and tables.
        title: its name in the literature; empty: `name`.
        module, class_name: the implementation, imported on first use.
        config: its configuration class.
        version: raise it when a change in the code changes what is learned.
        summary: two sentences: what it is, from which paper.
        learns_by_epochs: has a learning curve and an epoch to choose on validation.
        variant: the hyperparameters that papers tell variants of this model apart by.
        random: what it learns depends on the seed.
        libraries: what it computes with while it learns.
        gram_matrices: how many float32 matrices, (items, items) or (users, items), whichever is smaller,
            it holds at once.
        needs_supportive: is nothing on data of a single behaviour.
        adapted: built without the publication's text, to be labelled so wherever it is shown.
    """

    name: str
    title: str = ""
    module: str
    class_name: str
    config: type[Config]
    version: str
    summary: str
    learns_by_epochs: bool = True
    variant: tuple[str, ...] = ()
    random: bool = True
    libraries: tuple[str, ...] = ("torch",)
    gram_matrices: int = 0
    needs_supportive: bool = False
    adapted: bool = False

    def implementation(self) -> type[Recommender[Any]]:
        """The class that implements it, imported now."""
        implementation: type[Recommender[Any]] = getattr(
            importlib.import_module(self.module), self.class_name
        )
        return implementation

    def create(self, config: Config, device: torch.device | None = None) -> Recommender[Any]:
        """A new, untrained recommender."""
        return self.implementation()(config, device)
