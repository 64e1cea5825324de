"""What a search for hyperparameters looks for, and what it found.

The values found stand in models/trained/<data set>/<paper>/<model>.tuned.json and go before the
recipe's where a training asks for them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from recdag.errors import RecdagError
from recdag.files import write_whole
from recdag.graph.ledger import input_versions
from recdag.graph.project import Project
from recdag.graph.shared_splits import split_asset
from recdag.graph.step import step_key
from recdag.graph.training_request import TrainingRequest
from recdag.papers.catalogue import PAPERS
from recdag.recipes.budget import Budget
from recdag.recipes.search_space import Space
from recdag.recommenders.catalogue import model_spec
from recdag.recommenders.config import Config


@dataclass(frozen=True)
class Target:
    """What a search looks for.

    Attributes:
        config: the recipe's own, with what was set for this run.
        space: what may change in it; without what was set for this run.
        metric: is to become best, on validation.
        key: hash of all that decides how good a trial is and what is tried.
    """

    config: Config
    space: Mapping[str, Space]
    metric: str
    key: str


def search_target(project: Project, request: TrainingRequest) -> Target:
    """What a search for this request looks for.

    Raises:
        ConfigError: the recipe or an override does not fit the model.
        RecdagError: the split has not been made.
    """
    from recdag.evaluation.protocols import PROTOCOLS

    protocol = PAPERS[request.paper].protocol
    recipe = project.recipe(request.paper)
    config = recipe.config(request.model, request.dataset, request.overrides)
    space = {k: v for k, v in recipe.space(request.model).items() if k not in request.overrides}
    metric = PROTOCOLS[protocol].selection_metric
    key = step_key(
        model=request.model,
        version=model_spec(request.model).version,
        config=config.model_dump(),
        space={name: repr(each) for name, each in space.items()},
        metric=metric,
        seed=request.seed,
        split=input_versions(project, request.dataset, [split_asset(protocol)]),
    )
    return Target(config, space, metric, key)


@dataclass(frozen=True)
class BestValues:
    """The best values of a search.

    Attributes:
        key: the search's target.
        trials: how many there were within the budget.
        validation: the metric of the best one.
    """

    key: str
    budget: str
    trials: int
    values: dict[str, Any]
    metric: str
    validation: float

    @property
    def source(self) -> str:
        """Where the values are from, as in a recipe."""
        return f"tuned: best of {self.trials} trials on validation"

    def write(self, path: Path) -> None:
        """Put it into a file, whole or not at all."""
        write_whole(json.dumps(asdict(self), indent=2), path)


def best_values_path(project: Project, request: TrainingRequest) -> Path:
    """The file with the values found for a model."""
    folder = project.trained(request.dataset, request.paper, request.model)
    return folder.with_name(f"{request.model}.tuned.json")


def read_best_values(path: Path, target: Target, budget: Budget) -> BestValues | None:
    """What such a search found, or None where it has not ended yet or the file is damaged."""
    try:
        best = BestValues(**json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return best if (best.key, best.budget) == (target.key, str(budget)) else None


def best_values_for(project: Project, request: TrainingRequest) -> BestValues | None:
    """The values that go before the recipe's; None without a budget or anything to search.

    Raises:
        RecdagError: the search that the request asks for has not been made.
    """
    if request.budget is None:
        return None
    target = search_target(project, request)
    if not target.space:
        return None
    best = read_best_values(best_values_path(project, request), target, request.budget)
    if best is None:
        raise RecdagError(
            f"{request.paper}/{request.model} has not been tuned with {request.budget}",
            where=request.dataset,
            cure=f"Tune it first: recdag run --dataset {request.dataset} --paper {request.paper} "
            f"--budget '{request.budget}'",
        )
    return best
