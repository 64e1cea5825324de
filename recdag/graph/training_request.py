"""Which model to train, and what differs from its recipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from recdag.recipes.budget import Budget
from recdag.recipes.origins import RUN

if TYPE_CHECKING:
    from recdag.evaluation.experiment import Selection
    from recdag.graph.model_folder import Card

SET_FOR_RUN = "set for this run"
"""The source of a hyperparameter that replaces the recipe's."""


@dataclass(frozen=True)
class TrainingRequest:
    """Which model to train, and what differs from its recipe.

    Attributes:
        overrides: hyperparameters that replace the recipe's.
        selection: `validation`, or `as_published` to choose the epoch on test as some authors did;
            the latter is labelled in every row.
        budget: take the best values of a search that cost so much, as `tune_model` finds them; None:
            the recipe's own.
    """

    dataset: str
    paper: str
    model: str
    overrides: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    selection: Selection = "validation"
    run_id: str = ""
    budget: Budget | None = None


def request_of(card: Card) -> TrainingRequest:
    """What was asked for when a model was trained."""
    chosen = {name: card.config[name] for name, origin in card.origins.items() if origin == RUN}
    return TrainingRequest(
        card.dataset, card.paper, card.model, chosen, card.seed, card.selection, budget=card.budget
    )
