"""A study of a paper on a data set, and what the graph gives it to make its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from duckdb import DuckDBPyConnection

from recdag.errors import NotMade, RecdagError
from recdag.graph.evaluation import evaluate_trained
from recdag.graph.grid_cells import CellRunner
from recdag.graph.ledger import Recorded, input_versions
from recdag.graph.model_folder import Card, load_trained, read_history
from recdag.graph.project import Project
from recdag.graph.shared_splits import read_splits
from recdag.papers.catalogue import PAPERS
from recdag.recommenders.catalogue import model_spec
from recdag.studies.bench import Cell
from recdag.warehouse.lookups import recorded_keys

if TYPE_CHECKING:
    from recdag.evaluation.split import Split
    from recdag.evaluation.summary import Evaluation
    from recdag.recommenders.base import Recommender
    from recdag.training.options import Progress


@dataclass(frozen=True)
class StudyRequest:
    """One study of one paper on one data set: the `Bench` of its kind.

    Attributes:
        axes: values that take the place of the study's own.
        seed: of every training.
        recorded: what is published, where that is known already.
    """

    project: Project
    dataset: str
    paper: str
    axes: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    seed: int = 0
    run_id: str = ""
    on_progress: Callable[[Progress], None] = lambda progress: None
    heartbeat: Callable[[], None] = lambda: None
    recorded: Recorded | None = None

    @property
    def protocol(self) -> str:
        return PAPERS[self.paper].protocol

    def evaluated(self, models: Sequence[str]) -> dict[str, str]:
        keys = self._evaluation_keys(models)
        if missing := [model for model in models if model not in keys]:
            raise NotMade(
                f"not evaluated yet on {self.dataset!r}: {', '.join(missing)}",
                cure=f"Run: recdag run --dataset {self.dataset} --paper {self.paper}"
                f" --models {','.join(missing)}",
            )
        return keys

    def evaluated_among(self, models: Sequence[str]) -> tuple[str, ...]:
        """Those of some models that have been evaluated."""
        return tuple(self._evaluation_keys(models))

    def _evaluation_keys(self, models: Sequence[str]) -> dict[str, str]:
        known = self.recorded
        if known is None:
            with self.project.published.reading() as connection:
                known = recorded_keys(connection)
        keys = {model: known.get((self.dataset, f"{self.paper}/{model}")) for model in models}
        return {model: key for model, key in keys.items() if key}

    def results(self, models: Sequence[str]) -> pd.DataFrame:
        with self.project.published.reading() as connection:
            return connection.execute(
                "from metrics where dataset = ? and paper = ? and study is null and users = 'all'"
                " and list_contains(?, model)",
                [self.dataset, self.paper, list(models)],
            ).df()

    def user_results(self, models: Sequence[str], metric: str) -> pd.DataFrame:
        with self.project.published.reading() as connection:
            rows = connection.execute(
                "select user_key, model, avg(value)::double as value from user_metrics"
                " where dataset = ? and paper = ? and metric = ? and list_contains(?, model) group by all",
                [self.dataset, self.paper, metric, list(models)],
            ).df()
        return rows.pivot(index="user_key", columns="model", values="value")[list(models)]

    def versions(self, tables: Sequence[str]) -> dict[str, str]:
        return input_versions(self.project, self.dataset, tables)

    def working_file(self) -> AbstractContextManager[DuckDBPyConnection]:
        return self.project.warehouse.reading(self.dataset)

    def splits(self) -> list[Split]:
        return read_splits(self.project, self.dataset, self.protocol)

    def folder(self, model: str) -> Path:
        """Where a trained model of the paper is kept."""
        return self.project.trained(self.dataset, self.paper, model)

    def trained(self, model: str) -> Card:
        card = Card.read(self.folder(model))
        if card is None:
            raise RecdagError(
                f"{self.paper}/{model} has been evaluated, but its weights are gone",
                where=self.dataset,
                cure=f"Train it again: recdag run --dataset {self.dataset} --paper {self.paper}"
                f" --models {model}",
            )
        return card

    def history(self, model: str) -> list[list[dict[str, Any]]]:
        return read_history(self.folder(model))

    def load(self, model: str, fold: int) -> Recommender[Any]:
        from recdag.training.device import choose_device

        return load_trained(self.folder(model), self.trained(model), fold, choose_device())

    def evaluate(self, model: str, splits: Sequence[Split], metrics: Sequence[str]) -> list[Evaluation]:
        return evaluate_trained(self.project, self.trained(model), splits, metrics)

    def validate(self, model: str, split: Split) -> float:
        from recdag.evaluation.experiment import validate_config
        from recdag.evaluation.protocols import PROTOCOLS
        from recdag.training.device import choose_device
        from recdag.training.options import FitOptions

        spec, card = model_spec(model), self.trained(model)
        options = FitOptions(seed=card.seed, device=choose_device(), heartbeat=self.heartbeat)
        value, _ = validate_config(spec, spec.config(**card.config), split, PROTOCOLS[self.protocol], options)
        return value

    def cells(self, cells: Sequence[Cell]) -> CellRunner:
        return CellRunner(self, cells)
