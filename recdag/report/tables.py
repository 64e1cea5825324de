"""What a result table is made of."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from recdag.evaluation.metrics import ALL_USERS, metric_title
from recdag.recipes.budget import Budget

AS_PUBLISHED = "as_published"


StandsFor = Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class Column:
    """A metric over all users or over those of a group.

    Attributes:
        n_users: how many it is a mean over.
    """

    metric: str
    users: str
    n_users: int

    @property
    def title(self) -> str:
        """As printed: HR@10 seen."""
        return metric_title(self.metric) + ("" if self.users == ALL_USERS else f" {self.users}")


@dataclass(frozen=True)
class PublishedValue:
    """A number that a paper prints, beside the one measured here."""

    paper: str
    value: float
    difference: float
    verdict: str


@dataclass(frozen=True)
class Cell:
    """One measured value.

    Attributes:
        best: the best of its column; none is named for some of the users only, where nothing is tested.
        tied: not significantly worse than the best.
        seed_deviation: the standard deviation over seeds; NaN where only one was trained.
        published: the paper's number that it answers, if any.
        anchors: (value, source) of independent re-evaluations.
    """

    value: float
    std_err: float
    best: bool = False
    tied: bool = False
    published: PublishedValue | None = None
    anchors: tuple[tuple[float, str], ...] = ()
    seed_deviation: float = math.nan


@dataclass(frozen=True)
class Training:
    """What was recorded of how a model was trained.

    Attributes:
        factors: numbers by which a user is described; None where the model has no such number.
        epoch: the one chosen, of `epochs_allowed`; None without epochs.
        stopped_by_bound: an epoch chosen is the last one allowed.
    """

    factors: int | None
    epoch: int | None
    epochs_allowed: int | None
    stopped_by_bound: bool

    @property
    def bound(self) -> str:
        """How its bound stopped it, in words; empty where it did not."""
        if not self.stopped_by_bound:
            return ""
        if self.epoch == self.epochs_allowed:
            return f"epoch {self.epoch} of {self.epochs_allowed}"
        return "a phase ended by its bound"


@dataclass(frozen=True)
class Row:
    """One model, or one variant of it.

    Attributes:
        training: None where it was not recorded.
        budget: of the search for its hyperparameters; None where the recipe was taken.
        adapted: built without the publication's text.
    """

    model: str
    variant: str
    selection: str
    reference: bool
    headline: bool
    cells: tuple[Cell | None, ...]
    seconds: float
    memory_mb: float
    device: str
    seeds: int
    budget: Budget | None
    adapted: bool
    training: Training | None

    @property
    def has_several_seeds(self) -> bool:
        """Whether it is known how far other seeds are from it."""
        return self.seeds > 1 or any(cell.seed_deviation >= 0 for cell in self.cells if cell)

    @property
    def on_test(self) -> bool:
        """Whether the epoch was chosen on the test set, as some authors did."""
        return self.selection == AS_PUBLISHED


@dataclass(frozen=True)
class ResultTable:
    """Everything measured for one paper on one data set, best model first.

    Attributes:
        columns: the paper's metrics, then those of some users only.
        simulated: the data are; nothing here says anything about the papers.
    """

    paper: str
    dataset: str
    protocol: str
    stands_for: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    n_users: int
    code_versions: tuple[str, ...]
    data_versions: tuple[str, ...]
    run_ids: tuple[str, ...]
    finished: pd.Timestamp
    simulated: bool

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics over all users: those of the first columns."""
        return tuple(column.metric for column in self.columns if column.users == ALL_USERS)

    @property
    def headlines(self) -> tuple[Row, ...]:
        """One row a model: the recipe's run, chosen on validation."""
        return tuple(row for row in self.rows if row.headline)

    @property
    def not_worse(self) -> tuple[str, ...]:
        """The models that are not significantly worse than the best by the first metric."""
        return tuple(dict.fromkeys(row.model for row in self.rows if row.cells[0] and row.cells[0].tied))

    @property
    def has_seed_deviations(self) -> bool:
        """Whether some model was trained with several seeds."""
        return any(cell.seed_deviation >= 0 for row in self.rows for cell in row.cells if cell)

    @property
    def has_ties(self) -> bool:
        """Whether some value is not significantly worse than the best of its column."""
        return any(cell.tied for row in self.rows for cell in row.cells if cell)

    @property
    def device(self) -> str:
        """The device of all trainings; empty where they differ."""
        devices = {row.device for row in self.rows}
        return devices.pop() if len(devices) == 1 else ""

    @property
    def selection(self) -> str:
        """On what all epochs were chosen; empty where that differs."""
        selections = {row.selection for row in self.rows}
        return selections.pop() if len(selections) == 1 else ""

    @property
    def by_feedback(self) -> bool:
        """Whether users who met their held-out item in supportive feedback are told from the others."""
        return any(column.users != ALL_USERS for column in self.columns)

    @property
    def has_adapted(self) -> bool:
        """Whether some model was built without its publication's text."""
        return any(row.adapted for row in self.rows)

    @property
    def command(self) -> str:
        """What a user types to get the numbers again."""
        budget = next((row.budget for row in self.rows if row.budget), None)
        return paper_command(self.dataset, self.paper, budget)


def paper_command(dataset: str, paper: str, budget: Budget | None = None) -> str:
    """What a user types for all of a paper, tuned with a budget if one is given."""
    tuned = f" --budget {budget.option}" if budget else ""
    return f"recdag run --dataset {dataset} --paper {paper}{tuned}"


def study_command(dataset: str, study: str, **axes: str) -> str:
    """What a user types for a study, <paper>/<study>, over the given values of its axes."""
    given = "".join(f" --axis {name}={values}" for name, values in axes.items())
    return f"recdag run --dataset {dataset} --study {study}{given}"
