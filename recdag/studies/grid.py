"""Sweeps over hyperparameters: test metrics at every point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

from recdag.evaluation.metrics import ALL_USERS
from recdag.recommenders.catalogue import MODELS
from recdag.studies.bench import Bench, Cell, CellResult
from recdag.studies.study import MEAN, Axes, StudyPlan, StudyResult, Sweep

if TYPE_CHECKING:
    import pandas as pd

    from recdag.studies.content import Content, Shown


@dataclass(frozen=True)
class Series:
    """One line of a grid: a model, and what differs from its recipe.

    Attributes:
        model: its name.
        label: the name of the line; the model's by default.
        settings: hyperparameters that replace the recipe's.
        linked: hyperparameter -> (axis, factor): it is factor times the value on that axis.
    """

    model: str
    label: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    linked: Mapping[str, tuple[str, float]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.label or self.model


@dataclass(frozen=True, kw_only=True)
class CellGrid(Sweep):
    """Models trained at every point of a grid of hyperparameters.

    An axis that a model does not have is left out for it.

    Attributes:
        series: the lines.
        x: the axis that the figure's horizontal axis shows; None compares points without an order.
        folds: how many folds of the protocol to run; None: all.
    """

    series: tuple[Series, ...]
    x: str | None
    folds: int | None = None

    def points(self, series: Series, axes: Axes) -> Iterator[dict[str, Any]]:
        """axis -> value, of every cell of a line."""
        known = MODELS[series.model].config.model_fields
        own = {name: values for name, values in axes.items() if name in known}
        for values in product(*own.values()):
            yield dict(zip(own, values, strict=True))

    def trainings(self, dataset: str) -> int:
        axes = self.grid(dataset)
        return sum(1 for series in self.series for _ in self.points(series, axes))

    def cells(self, bench: Bench, *, measured: bool = True) -> list[Cell]:
        """All cells on a data set, those of one series together."""
        axes = self.grid(bench.dataset, bench.axes)
        return [
            self._cell(series, point, bench.seed, measured)
            for series in self.series
            for point in self.points(series, axes)
        ]

    def _cell(self, series: Series, point: dict[str, Any], seed: int, measured: bool) -> Cell:
        linked = {name: factor * point[axis] for name, (axis, factor) in series.linked.items()}
        others = [f"{name}={value}" for name, value in point.items() if name != self.x]
        return Cell(
            series=", ".join([series.name, *others]),
            x=None if self.x is None or self.x not in point else float(point[self.x]),
            model=series.model,
            overrides={**series.settings, **point, **linked},
            seed=seed,
            point=point,
            folds=self.folds,
            measured=measured,
        )


@dataclass(frozen=True, kw_only=True)
class Grid(CellGrid):
    """Each cell measured on test, the paper's own sweeps.

    Attributes:
        users: whom the metrics shown are means over: all, those of a group of USER_GROUPS.
    """

    users: tuple[str, ...] = (ALL_USERS,)

    def plan(self, bench: Bench) -> StudyPlan:
        """Train and measure all cells."""
        runs = bench.cells(self.cells(bench))

        def compute() -> StudyResult:
            import pandas as pd

            results = runs.run(self.metrics)
            rows = pd.concat([self._rows(result) for result in results], ignore_index=True)
            return StudyResult(rows, pd.concat([result.metrics for result in results], ignore_index=True))

        return StudyPlan({"cells": runs.keys}, compute)

    def _rows(self, result: CellResult) -> pd.DataFrame:
        metrics = result.metrics
        shown = metrics[metrics["metric"].isin(self.metrics) & metrics["users"].isin(self.users)]
        return shown[["metric", "users", "value", "std_err"]].assign(
            x_name=self.x, x=result.cell.x, series=result.cell.series, statistic=MEAN
        )

    def content(self, shown: Shown) -> Content:
        from recdag.studies.content import dots, lines

        return dots(shown) if self.x is None else lines(shown)
