"""Sweeps over hyperparameters: test metrics at every point."""

from __future__ import annotations

import pandas as pd

from recdag.graph.cells import CellResult, CellRunner, cells_of
from recdag.graph.study_request import StudyPlan, StudyRequest, StudyResult
from recdag.studies.base import Grid


def grid(study: Grid, request: StudyRequest) -> StudyPlan:
    """Train and measure all cells."""
    cells = cells_of(study, request)

    def compute() -> StudyResult:
        done = CellRunner(request, study.metrics).run_all(cells)
        rows = pd.concat([_rows(study, result) for result in done], ignore_index=True)
        return StudyResult(rows, pd.concat([result.metrics for result in done], ignore_index=True))

    return StudyPlan({"cells": [cell.key for cell in cells]}, compute)


def _rows(study: Grid, result: CellResult) -> pd.DataFrame:
    metrics = result.metrics
    shown = metrics[metrics["metric"].isin(study.metrics) & metrics["users"].isin(study.users)]
    return shown[["metric", "users", "value", "std_err"]].assign(
        x_name=study.x, x=result.cell.x, series=result.cell.series
    )
