"""The cells of a grid: trainings that differ from the recipe, each measured once and kept.

A cell is kept as models/trained/<dataset>/<paper>/studies/<model>-<key>.json. Its key says all that
decides it, so that a study that was stopped goes on at the cell, and within the cell at the epoch,
where it was, and studies share cells.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from recdag.evaluation.metrics import ALL_USERS, USER_GROUPS
from recdag.evaluation.protocols import PROTOCOLS
from recdag.files import write_whole
from recdag.graph.evaluation import evaluate_trained, metric_rows
from recdag.graph.evaluation_plan import evaluation_version
from recdag.graph.model_folder import Card, read_history
from recdag.graph.step import step_key
from recdag.graph.training import Plan, fit_folds, plan_training, variant
from recdag.graph.training_request import TrainingRequest
from recdag.recipes.budget import Budget, budget_columns
from recdag.studies.bench import Cell, CellResult

if TYPE_CHECKING:
    from recdag.evaluation.split import Split
    from recdag.graph.study_request import StudyRequest
    from recdag.training.options import Progress


@dataclass(frozen=True)
class PlannedCell:
    """A cell whose training is fully determined.

    Attributes:
        evaluation: version of how it is measured; None where it is not.
    """

    cell: Cell
    plan: Plan
    evaluation: str | None

    @property
    def key(self) -> str:
        return step_key(training=self.plan.key, folds=self.cell.folds, evaluation=self.evaluation)

    @property
    def label(self) -> str:
        settings = ", ".join(f"{name}={value}" for name, value in self.cell.point.items())
        return f"{self.cell.model} {settings}".strip()

    @property
    def identity(self) -> dict[str, Any]:
        """What the table `metrics` says of the training."""
        return {
            "protocol": self.plan.protocol,
            "model": self.cell.model,
            "seed": self.cell.seed,
            "code_version": self.plan.spec.version,
            "data_version": self.plan.split_version,
            "run_id": self.plan.request.run_id,
        }


class CellRunner:
    """Trains and measures cells, or finds them done.

    Raises:
        RecdagError: a cell's values do not fit its model, or the split has not been made.
    """

    def __init__(self, request: StudyRequest, cells: Sequence[Cell]) -> None:
        self._request = request
        self._planned = [self._plan(cell) for cell in cells]

    def _plan(self, cell: Cell) -> PlannedCell:
        request = self._request
        training = TrainingRequest(
            dataset=request.dataset,
            paper=request.paper,
            model=cell.model,
            overrides=cell.overrides,
            seed=cell.seed,
            selection=cell.selection,
            run_id=request.run_id,
        )
        plan = plan_training(request.project, training)
        version = evaluation_version(request.project, request.dataset, plan.protocol)
        return PlannedCell(cell, plan, version if cell.measured else None)

    @property
    def keys(self) -> list[str]:
        return [planned.key for planned in self._planned]

    def run(self, metrics: Sequence[str]) -> list[CellResult]:
        wanted = frozenset(metrics)
        count = len(self._planned)
        return [self._run(planned, f"{i} of {count}", wanted) for i, planned in enumerate(self._planned, 1)]

    @cached_property
    def _folder(self) -> Path:
        request = self._request
        return request.project.trained(request.dataset, request.paper, "studies")

    def _run(self, planned: PlannedCell, place: str, metrics: frozenset[str]) -> CellResult:
        path = self._folder / f"{planned.cell.model}-{planned.key}.json"
        if not _done(planned, path, metrics):
            self._request.heartbeat()
            with self._request.project.training_lock(self._request.heartbeat):
                if not _done(planned, path, metrics):  # computed by another run meanwhile
                    self._compute(planned, path, place)
        kept = json.loads(path.read_text())
        rows = pd.DataFrame([_row(each) for each in kept["metrics"]])
        if planned.cell.measured:
            rows = rows.astype({"created_at": "datetime64[us]"})
        named = variant(planned.plan.spec, planned.plan.config, planned.cell.point)
        return CellResult(planned.cell, planned.identity, rows.assign(variant=named), kept["history"])

    def _compute(self, planned: PlannedCell, path: Path, place: str) -> None:
        splits = self._splits(planned.cell)
        trained = self._already_trained(planned)
        if trained:
            card, folder = trained
            history = read_history(folder)
            evaluations = (
                evaluate_trained(self._request.project, card, splits) if planned.cell.measured else []
            )
        else:
            from recdag.evaluation.experiment import evaluate

            checkpoints = path.with_suffix(".checkpoints")
            experiments, card = fit_folds(
                planned.plan,
                splits,
                checkpoints,
                self._named(planned, place),
                self._request.heartbeat,
                refit=planned.cell.measured,
            )
            history = [[asdict(row) for row in experiment.history.rows] for experiment in experiments]
            metrics = PROTOCOLS[planned.plan.protocol].metrics
            pairs = zip(experiments, splits, strict=True) if planned.cell.measured else []
            evaluations = [evaluate(experiment.model, split.test, metrics) for experiment, split in pairs]
        measurements = []
        if planned.cell.measured:
            rows = metric_rows(evaluations, splits, card, self._request.run_id)
            measurements = json.loads(rows.to_json(orient="records", date_format="iso"))
        write_whole(json.dumps({"metrics": measurements, "history": history}), path)
        shutil.rmtree(path.with_suffix(".checkpoints"), ignore_errors=True)

    def _splits(self, cell: Cell) -> list[Split]:
        return self._request.splits()[: cell.folds]

    def _already_trained(self, planned: PlannedCell) -> tuple[Card, Path] | None:
        """The paper's own trained model, where the cell is no different from it."""
        folder = self._request.folder(planned.cell.model)
        card = Card.read(folder)
        return (card, folder) if card is not None and card.key == planned.plan.key else None

    def _named(self, planned: PlannedCell, place: str) -> Callable[[Progress], None]:
        """Progress that says which cell is at work."""

        def notify(progress: Progress) -> None:
            phase = f"{place}, {planned.label}, {progress.phase}"
            self._request.on_progress(replace(progress, phase=phase))

        return notify


def _done(planned: PlannedCell, path: Path, metrics: frozenset[str]) -> bool:
    if not path.exists():
        return False
    kept = {row["metric"] for row in json.loads(path.read_text())["metrics"]}
    return not planned.cell.measured or metrics.intersection(PROTOCOLS[planned.plan.protocol].metrics) <= kept


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
