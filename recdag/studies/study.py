"""What every study has: a declaration, the rows that it makes, and how they are shown.

A study is an asset a data set. What it measures becomes rows of the published table `studies`; a
claim whose source is among `sources` is drawn beside them.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar, Self

if TYPE_CHECKING:
    import pandas as pd

    from recdag.datasets.entry import Dataset
    from recdag.studies.bench import Bench
    from recdag.studies.content import Content, Shown
    from recdag.warehouse.lineage import Origins

Axes = Mapping[str, Sequence[Any]]

MEAN, DEVIATION, VALIDATION = "mean", "seed deviation", "on validation"
DIFFERENCE, P_VALUE, RATIO, SHARE = "difference", "p_value", "ratio", "share"
"""What `value` is of `metric`, the column `statistic`: the mean over users on test, its standard deviation
over seeds, the mean on validation; of a series and the one in `beside`: the mean difference, the p-value of
its test, how many times as large; a share of what the kind counts."""

_OF_SPLIT = tuple(("split", column) for column in ("part", "user_id", "item_id", "weight"))


@dataclass(frozen=True)
class Reads:
    """What the rows of a study are made from.

    Attributes:
        models: evaluated models of its paper.
        split: the paper's split, where it trains models that nobody evaluated.
        tables: of the data set's working file.
    """

    models: tuple[str, ...] = ()
    split: bool = False
    tables: tuple[str, ...] = ()


@dataclass(frozen=True)
class StudyResult:
    """The rows of a study.

    Attributes:
        rows: x_name, x, series, beside, metric, statistic, users, value, std_err of the published table
            `studies`; a column that is not there is NULL, `users` all.
        metrics: rows of the published table `metrics`, of trainings that the study made.
    """

    rows: pd.DataFrame
    metrics: pd.DataFrame | None = None


@dataclass(frozen=True)
class StudyPlan:
    """What determines a study's rows, and how to get them.

    Attributes:
        inputs: everything that the rows depend on; plain values.
        compute: makes the rows.
    """

    inputs: Mapping[str, Any]
    compute: Callable[[], StudyResult]


@dataclass(frozen=True, kw_only=True)
class Study(ABC):
    """What all kinds have; a kind states what it reads and how its rows are made.

    Attributes:
        id: snake_case name, unique in its paper; the asset is <paper>/<id>.
        title: what is varied or shown.
        figure: the place in the paper, "Figure 4, Table 2"; empty where it is ours.
        sources: the values of `source` in claims.csv that this study answers.
        summary: one or two sentences for the graph and the report.
        quick: cheap enough to run whenever its paper runs.
        library: what computes its rows, "numpy" or "torch".
        lineage: column of the rows -> (asset, column) that it comes from; the assets are the paper's
            "evaluation" and "split", and tables.
    """

    id: str
    title: str
    figure: str = ""
    sources: tuple[str, ...] = ()
    summary: str = ""
    quick: bool = False

    library: ClassVar[str] = "torch"
    lineage: ClassVar[Origins] = {
        "series": (("evaluation", "model"),),
        "metric": (("evaluation", "metric"),),
        "value": (("evaluation", "value"),),
        "std_err": (("evaluation", "std_err"),),
    }

    @property
    def kind(self) -> str:
        """The class's name as the table `studies` has it: `ByActivity` as by_activity."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()

    @property
    def choices(self) -> Axes:
        """Axis -> values, of the axes for which other values can be asked; none by default."""
        return {}

    @property
    def labels(self) -> Mapping[str, str]:
        """How the report writes names of its axes and metrics, where not as they are."""
        return {}

    def trainings(self, dataset: str) -> int:
        """How many models it trains on a data set, if nothing else is asked for; none by default."""
        return 0

    @abstractmethod
    def reads(self, chosen: Axes | None = None) -> Reads:
        """What its rows are made from.

        Args:
            chosen: axes that take the place of the study's own.
        """

    def narrowed(self, evaluated: Collection[str]) -> Self:
        """The study of those of its models that have been evaluated, where at least one has."""
        return self

    def why_skipped(self, dataset: Dataset) -> str | None:
        """Why the data have not what it shows; None where they have."""
        return None

    @abstractmethod
    def plan(self, bench: Bench) -> StudyPlan:
        """What determines its rows on a data set, and how to get them.

        Raises:
            RecdagError: what it reads has not been made.
        """

    def content(self, shown: Shown) -> Content:
        """Figures and numbers for the report: lines where rows have a place on an axis, else dots."""
        from recdag.studies.content import plain

        return plain(shown)

    def warnings(self, rows: pd.DataFrame) -> list[str]:
        """Sentences for whoever sees the paper's results alone, in the terminal; none by default.

        Args:
            rows: of this study on one data set, of the table `studies`.
        """
        return []


@dataclass(frozen=True, kw_only=True)
class ModelStudy(Study):
    """A study of models as they were evaluated.

    Attributes:
        models: of the paper, in the order wanted.
    """

    models: tuple[str, ...]

    def reads(self, chosen: Axes | None = None) -> Reads:
        return Reads(models=self.models)

    def narrowed(self, evaluated: Collection[str]) -> Self:
        among = tuple(model for model in self.models if model in evaluated)
        return replace(self, models=among) if among else self


@dataclass(frozen=True, kw_only=True)
class Sweep(Study):
    """Trainings at every point of some axes.

    Attributes:
        axes: what varies -> its values.
        metrics: the protocol's metrics to show, the leading one first.
        by_dataset: data set -> axes that take the place of `axes` there.
    """

    axes: Axes
    metrics: tuple[str, ...]
    by_dataset: Mapping[str, Axes] = field(default_factory=dict)

    lineage: ClassVar[Origins] = {"value": _OF_SPLIT, "std_err": _OF_SPLIT}

    @property
    def choices(self) -> Axes:
        return self.axes

    def grid(self, dataset: str, chosen: Axes | None = None) -> dict[str, list[Any]]:
        """The values of every axis on a data set; `chosen` goes before all."""
        given = {name: values for name, values in (chosen or {}).items() if values}
        return {
            name: list(values)
            for name, values in {**self.axes, **self.by_dataset.get(dataset, {}), **given}.items()
        }

    def trainings(self, dataset: str) -> int:
        return prod(len(values) for values in self.grid(dataset).values())

    def reads(self, chosen: Axes | None = None) -> Reads:
        return Reads(split=True)
