"""What is known of a recommender without importing torch."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recdag.recommenders.configs.base import Config

if TYPE_CHECKING:
    import torch

    from recdag.recommenders.base import Recommender


@dataclass(frozen=True)
class ModelSpec:
    """Where a recommender lives and what a user is told about it.

    Attributes:
        name: snake_case id, the same in asset keys, recipes and tables.
        module, class_name: the implementation, imported on first use.
        config: its configuration class.
        version: raise it when a change in the code changes what is learned.
        learns_by_epochs: has a learning curve and an epoch to choose on validation.
        variant: the hyperparameters that papers tell variants of this model apart by.
        summary: two sentences: what it is, from which paper.
        gram_matrices: how many float32 matrices, (items, items) or (users, items), whichever is smaller,
            it holds at once.
        title: its name in the literature; empty: `name`.
        random: what it learns depends on the seed.
        libraries: what it computes with while it learns.
        needs_supportive: is nothing on data of a single behaviour.
        adapted: built without the publication's text, to be labelled so wherever it is shown.
    """

    name: str
    module: str
    class_name: str
    config: type[Config]
    version: str
    learns_by_epochs: bool
    variant: tuple[str, ...]
    summary: str
    adapted: bool = False
    gram_matrices: int = 0
    random: bool = True
    title: str = ""
    libraries: tuple[str, ...] = ("torch",)
    needs_supportive: bool = False

    def implementation(self) -> type[Recommender]:
        """The class that implements it, imported now."""
        module = importlib.import_module(f"recdag.recommenders.{self.module}")
        return getattr(module, self.class_name)

    def create(self, config: Config, device: torch.device | None = None) -> Recommender:
        """A new, untrained recommender."""
        return self.implementation()(config, device)
