"""What a result table is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from recdag.evaluation.metrics import without_group

AS_PUBLISHED = "as_published"


class StudyLike(Protocol):
    """What the report needs to know of a study; `recdag.papers` has it."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def figure(self) -> str: ...
    @property
    def sources(self) -> Sequence[str]: ...
    @property
    def summary(self) -> str: ...


class SizeLike(Protocol):
    """How large a paper says that its data set is; `recdag.papers` has it."""

    @property
    def dataset(self) -> str: ...
    @property
    def users(self) -> int: ...
    @property
    def items(self) -> int: ...
    @property
    def interactions(self) -> int | None: ...
    @property
    def source(self) -> str: ...


class PaperLike(Protocol):
    """What the report needs to know of a paper; `recdag.papers` has it."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def authors(self) -> Sequence[str]: ...
    @property
    def venue(self) -> str: ...
    @property
    def year(self) -> int | None: ...
    @property
    def url(self) -> str | None: ...
    @property
    def protocol(self) -> str: ...
    @property
    def models(self) -> Sequence[str]: ...
    @property
    def proposed(self) -> Sequence[str]: ...
    @property
    def baselines(self) -> Sequence[str]: ...
    @property
    def lead(self) -> str: ...
    @property
    def try_on(self) -> str: ...
    @property
    def references(self) -> Sequence[str]: ...
    @property
    def metrics(self) -> Sequence[str]: ...
    @property
    def detail_metrics(self) -> Sequence[str]: ...
    @property
    def summary(self) -> str: ...
    @property
    def claim_sentence(self) -> str: ...
    @property
    def studies(self) -> Sequence[StudyLike]: ...
    @property
    def sizes(self) -> Sequence[SizeLike]: ...
    @property
    def deviations(self) -> Sequence[str]: ...


StandsFor = Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class Published:
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
    best: bool
    tied: bool
    published: Published | None
    anchors: tuple[tuple[float, str], ...]
    seed_deviation: float


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
        tuning: the budget of the search for its hyperparameters; empty where the recipe was taken.
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
    tuning: str
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
        metrics: the paper's, then those of some users only.
        users: how many users each metric is a mean over.
        simulated: the data are; nothing here says anything about the papers.
    """

    paper: str
    dataset: str
    protocol: str
    stands_for: str
    metrics: tuple[str, ...]
    rows: tuple[Row, ...]
    n_users: int
    users: tuple[int, ...]
    code_versions: tuple[str, ...]
    data_versions: tuple[str, ...]
    run_ids: tuple[str, ...]
    finished: pd.Timestamp
    simulated: bool

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
        return any(metric != without_group(metric) for metric in self.metrics)

    @property
    def has_adapted(self) -> bool:
        """Whether some model was built without its publication's text."""
        return any(row.adapted for row in self.rows)

    @property
    def command(self) -> str:
        """What a user types to get the numbers again."""
        tuned = next((row.tuning for row in self.rows if row.tuning), "")
        return paper_command(self.dataset, self.paper, tuned)


def paper_command(dataset: str, paper: str, tuning: str = "") -> str:
    """What a user types for all of a paper, tuned with a budget, "20 trials" or "600 s", if one is given."""
    number, _, unit = tuning.partition(" ")
    budget = f" --budget {number}{'s' if unit == 's' else ''}" if number else ""
    return f"recdag run --dataset {dataset} --paper {paper}{budget}"


def study_command(dataset: str, study: str, **axes: str) -> str:
    """What a user types for a study, <paper>/<study>, over the given values of its axes."""
    given = "".join(f" --axis {name}={values}" for name, values in axes.items())
    return f"recdag run --dataset {dataset} --study {study}{given}"
