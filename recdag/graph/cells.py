"""The cells of a grid: trainings that differ from the recipe, each measured once and kept.

A cell is kept as models/trained/<dataset>/<paper>/studies/<model>-<key>.json. Its key says all that
decides it, so that a study that was stopped goes on at the cell, and within the cell at the epoch,
where it was, and studies share cells.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from recdag.evaluation.metrics import ALL_USERS, USER_GROUPS
from recdag.evaluation.protocols import PROTOCOLS
from recdag.graph.evaluation import evaluate_trained, metric_rows
from recdag.graph.evaluation_plan import evaluation_version
from recdag.graph.model_folder import Card, read_history
from recdag.graph.request import Budget, TrainingRequest, budget_columns
from recdag.graph.splits import read_splits
from recdag.graph.step import step_key
from recdag.graph.study_request import StudyRequest
from recdag.graph.training import Plan, fit_folds, plan_training, variant
from recdag.studies.base import Curves, Grid, Series

if TYPE_CHECKING:
    from recdag.evaluation.split import Split
    from recdag.training.options import Progress


@dataclass(frozen=True)
class Cell:
    """One point of a grid.

    Attributes:
        series: the line it belongs to.
        x: where on the line; None where the study has no such axis.
        point: axis -> value, of the axes that the model has.
        evaluation: version of how it is measured; None where only the learning curve counts, so that
            training ends where the epoch is chosen.
    """

    series: str
    x: float | None
    point: dict[str, Any]
    plan: Plan
    folds: int | None
    evaluation: str | None

    @property
    def key(self) -> str:
        return step_key(training=self.plan.key, folds=self.folds, evaluation=self.evaluation)

    @property
    def label(self) -> str:
        settings = ", ".join(f"{name}={value}" for name, value in self.point.items())
        return f"{self.plan.request.model} {settings}".strip()


@dataclass(frozen=True)
class CellResult:
    """What a cell came to.

    Attributes:
        metrics: rows of the published table `metrics`; none where the cell is not measured.
        history: learning curve of every fold, rows as `HistoryRow`.
    """

    cell: Cell
    metrics: pd.DataFrame
    history: list[list[dict[str, Any]]]


def _row(kept: dict[str, Any]) -> dict[str, Any]:
    """A kept row of the table `metrics` as it is now; cells are too dear to be trained again for a column.

    Earlier rows told their users at the end of the metric's name, and a budget in words.
    """
    if "users" in kept:
        return kept
    stem, _, group = kept["metric"].rpartition("_")
    metric, users = (stem, group) if group in USER_GROUPS else (kept["metric"], ALL_USERS)
    budget = Budget.parse(kept.pop("tuning", None) or "0")
    return {**kept, "metric": metric, "users": users, **budget_columns(budget)}


def cells_of(study: Grid, request: StudyRequest) -> list[Cell]:
    """All cells of a study on a data set, those of one series together."""
    axes = study.grid(request.dataset, request.axes)
    return [cell for series in study.series for cell in _cells(study, series, axes, request)]


def _cells(study: Grid, series: Series, axes: dict[str, list[Any]], request: StudyRequest) -> Iterator[Cell]:
    for point in study.points(series, axes):
        linked = {name: factor * point[axis] for name, (axis, factor) in series.linked.items()}
        training = TrainingRequest(
            dataset=request.dataset,
            paper=request.paper,
            model=series.model,
            overrides={**series.settings, **point, **linked},
            seed=request.seed,
            run_id=request.run_id,
        )
        others = [f"{name}={value}" for name, value in point.items() if name != study.x]
        x = None if study.x is None or study.x not in point else float(point[study.x])
        plan = plan_training(request.project, training)
        evaluation = None
        if not isinstance(study, Curves):
            evaluation = evaluation_version(request.project, request.dataset, plan.protocol)
        yield Cell(", ".join([series.name, *others]), x, point, plan, study.folds, evaluation)


class CellRunner:
    """Trains and measures cells, or finds them done.

    Args:
        metrics: what a cell that is measured must hold; one that was kept without is measured anew.
    """

    def __init__(self, request: StudyRequest, metrics: Sequence[str]) -> None:
        self._request = request
        self._metrics = frozenset(metrics)
        self._protocols: dict[str, list[Split]] = {}

    @cached_property
    def _folder(self) -> Path:
        request = self._request
        return request.project.trained(request.dataset, request.paper, "studies")

    def run_all(self, cells: Sequence[Cell]) -> list[CellResult]:
        """Every cell's result, in order."""
        return [self._run(cell, f"{i} of {len(cells)}") for i, cell in enumerate(cells, 1)]

    def _run(self, cell: Cell, place: str) -> CellResult:
        path = self._folder / f"{cell.plan.request.model}-{cell.key}.json"
        if not self._done(cell, path):
            self._request.heartbeat()
            with self._request.project.training_turn(self._request.heartbeat):
                if not self._done(cell, path):  # computed by another run meanwhile
                    self._compute(cell, path, place)
        kept = json.loads(path.read_text())
        metrics = pd.DataFrame([_row(each) for each in kept["metrics"]])
        if cell.evaluation:
            metrics = metrics.astype({"created_at": "datetime64[us]"})
        named = variant(cell.plan.spec, cell.plan.config, cell.point)
        return CellResult(cell, metrics.assign(variant=named), kept["history"])

    def _done(self, cell: Cell, path: Path) -> bool:
        if not path.exists():
            return False
        kept = {row["metric"] for row in json.loads(path.read_text())["metrics"]}
        wanted = self._metrics.intersection(PROTOCOLS[cell.plan.protocol].metrics)
        return cell.evaluation is None or wanted <= kept

    def _compute(self, cell: Cell, path: Path, place: str) -> None:
        splits = self._splits(cell)
        trained = self._already_trained(cell)
        if trained:
            card, folder = trained
            history = read_history(folder)
            evaluations = evaluate_trained(self._request.project, card, splits) if cell.evaluation else []
        else:
            from recdag.evaluation.experiment import evaluate

            checkpoints = path.with_suffix(".checkpoints")
            experiments, card = fit_folds(
                cell.plan,
                splits,
                checkpoints,
                self._named(cell, place),
                self._request.heartbeat,
                refit=cell.evaluation is not None,
            )
            history = [[asdict(row) for row in experiment.history.rows] for experiment in experiments]
            metrics = PROTOCOLS[cell.plan.protocol].metrics
            measured = zip(experiments, splits, strict=True) if cell.evaluation else []
            evaluations = [evaluate(experiment.model, split.test, metrics) for experiment, split in measured]
        measurements = []
        if cell.evaluation:
            rows = metric_rows(evaluations, splits, card, self._request.run_id)
            measurements = json.loads(rows.to_json(orient="records", date_format="iso"))
        kept = {"metrics": measurements, "history": history}
        partial = path.with_suffix(".partial")
        partial.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(kept))
        partial.replace(path)
        shutil.rmtree(path.with_suffix(".checkpoints"), ignore_errors=True)

    def _splits(self, cell: Cell) -> list[Split]:
        protocol = cell.plan.protocol
        if protocol not in self._protocols:
            self._protocols[protocol] = read_splits(self._request.project, self._request.dataset, protocol)
        return self._protocols[protocol][: cell.folds]

    def _already_trained(self, cell: Cell) -> tuple[Card, Path] | None:
        """The paper's own trained model, where the cell is no different from it."""
        request = cell.plan.request
        folder = self._request.project.trained(request.dataset, request.paper, request.model)
        card = Card.read(folder)
        return (card, folder) if card is not None and card.key == cell.plan.key else None

    def _named(self, cell: Cell, place: str) -> Callable[[Progress], None]:
        """Progress that says which cell is at work."""

        def tell(progress: Progress) -> None:
            phase = f"{place}, {cell.label}, {progress.phase}"
            self._request.on_progress(replace(progress, phase=phase))

        return tell
