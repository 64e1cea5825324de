"""What a study is given to make its rows: stored data, trained models, and further trainings.

The graph hands it to `Study.plan`; studies know nothing else of the graph.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pandas as pd
    from duckdb import DuckDBPyConnection

    from recdag.evaluation.experiment import Selection
    from recdag.evaluation.split import Split
    from recdag.evaluation.summary import Evaluation
    from recdag.recommenders.base import Recommender
    from recdag.studies.study import Axes


class TrainedModel(Protocol):
    """What is known of a trained model without loading it."""

    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def seed(self) -> int: ...
    @property
    def selection(self) -> Selection: ...


@dataclass(frozen=True)
class Cell:
    """A training that differs from its recipe: one point of a grid.

    Attributes:
        series: the line it belongs to.
        x: where on the line; None where the study has no such axis.
        overrides: hyperparameters that replace the recipe's.
        point: axis -> value, of the axes that the model has.
        folds: how many of the protocol to run; None: all.
        measured: on test; else only the learning curve counts, so that training ends where the epoch is
            chosen.
    """

    series: str
    x: float | None
    model: str
    overrides: Mapping[str, Any]
    seed: int
    point: Mapping[str, Any] = field(default_factory=dict)
    folds: int | None = None
    measured: bool = True
    selection: Selection = "validation"


@dataclass(frozen=True)
class CellResult:
    """What a cell came to.

    Attributes:
        identity: protocol, model, seed, code_version, data_version and run_id, as in the table `metrics`.
        metrics: rows of the published table `metrics`; none where the cell is not measured.
        history: learning curve of every fold, rows as `HistoryRow`.
    """

    cell: Cell
    identity: Mapping[str, Any]
    metrics: pd.DataFrame
    history: list[list[dict[str, Any]]]


class CellRuns(Protocol):
    """Cells whose trainings are fully determined."""

    @property
    def keys(self) -> list[str]:
        """For each cell, what changes with all that decides its result."""
        ...

    def run(self, metrics: Sequence[str]) -> list[CellResult]:
        """Train and measure all, or find them done.

        Args:
            metrics: what a cell that is measured must hold; one that was kept without is measured anew.
        """
        ...


class Bench(Protocol):
    """One paper on one data set, as a study sees it.

    Attributes:
        protocol: the paper's, by name.
        axes: values that take the place of the study's own.
        seed: of every training.
    """

    @property
    def dataset(self) -> str: ...
    @property
    def paper(self) -> str: ...
    @property
    def protocol(self) -> str: ...
    @property
    def axes(self) -> Axes: ...
    @property
    def seed(self) -> int: ...

    def evaluated(self, models: Sequence[str]) -> dict[str, str]:
        """Model -> key of its published evaluation.

        Raises:
            RecdagError: one of the models has not been evaluated.
        """
        ...

    def results(self, models: Sequence[str]) -> pd.DataFrame:
        """The evaluated models' rows of the published table `metrics`, over all users."""
        ...

    def user_results(self, models: Sequence[str], metric: str) -> pd.DataFrame:
        """(users, models) values of a metric by user key, means over folds."""
        ...

    def versions(self, tables: Sequence[str]) -> dict[str, str]:
        """Table of the data set's working file -> version of its content.

        Raises:
            RecdagError: one of them has not been made.
        """
        ...

    def working_file(self) -> AbstractContextManager[DuckDBPyConnection]:
        """The data set's working file, open for reading."""
        ...

    def splits(self) -> list[Split]:
        """The folds of the paper's split."""
        ...

    def trained(self, model: str) -> TrainedModel:
        """How a model of the paper was trained.

        Raises:
            RecdagError: its weights are gone.
        """
        ...

    def history(self, model: str) -> list[list[dict[str, Any]]]:
        """A trained model's learning curve of every fold, rows as `HistoryRow`."""
        ...

    def load(self, model: str, fold: int) -> Recommender[Any]:
        """A trained model with the weights of a fold."""
        ...

    def evaluate(self, model: str, splits: Sequence[Split], metrics: Sequence[str]) -> list[Evaluation]:
        """A trained model on the test users of every fold."""
        ...

    def validate(self, model: str, split: Split) -> float:
        """The protocol's selection metric of a model that is fitted once more, as it was trained, on
        `split.train` alone."""
        ...

    def cells(self, cells: Sequence[Cell]) -> CellRuns:
        """Trainings of further models.

        Raises:
            RecdagError: a cell's values do not fit its model, or the split has not been made.
        """
        ...
