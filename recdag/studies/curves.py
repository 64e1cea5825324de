"""Learning curves at every point of a grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pandas as pd

from recdag.evaluation.protocols import PROTOCOLS
from recdag.graph.cells import CellResult, CellRunner, cells_of
from recdag.graph.study_request import StudyPlan, StudyRequest, StudyResult
from recdag.studies.base import Curves


def curves(study: Curves, request: StudyRequest) -> StudyPlan:
    """Train all cells and keep how the loss and the validation metric went."""
    cells = cells_of(study, request)

    def compute() -> StudyResult:
        done = CellRunner(request, study.metrics).run_all(cells)
        rows = pd.concat([rows for result in done for rows in _rows(study, result)], ignore_index=True)
        return StudyResult(rows, _speedup(done, *study.speedup) if study.speedup else None)

    return StudyPlan({"cells": [cell.key for cell in cells]}, compute)


def _choosing(result: CellResult) -> pd.DataFrame:
    """The learning curve up to the choice of the epoch: its last phase, where it has several."""
    history = pd.DataFrame(result.history[0])
    choosing = history[history["phase"] != "final"]
    return choosing[choosing["phase"] == choosing["phase"].iloc[-1]]


def _rows(study: Curves, result: CellResult) -> Iterator[pd.DataFrame]:
    last = _choosing(result)
    validated = f"{PROTOCOLS[result.cell.plan.protocol].selection_metric} on validation"
    for value in study.values:
        named = last[last["name"] == value]
        for over in study.over:
            yield pd.DataFrame(
                {
                    "x_name": over,
                    "x": named[over].astype(float),
                    "series": result.cell.series,
                    "metric": validated if value == "validation" else value,
                    "value": named["value"],
                    "std_err": float("nan"),
                }
            )


def _speedup(done: Sequence[CellResult], fast: str, slow: str) -> pd.DataFrame:
    """A row of the table `metrics`: how many times as long an iteration of `slow` takes as one of `fast`."""
    results = {result.cell.series.partition(", ")[0]: result for result in done}
    plan = results[fast].cell.plan
    row = {
        "protocol": plan.protocol,
        "model": plan.request.model,
        "variant": f"{fast} vs {slow}",
        "metric": "speedup",
        "value": _epoch_seconds(results[slow]) / _epoch_seconds(results[fast]),
        "seed": plan.request.seed,
        "code_version": plan.spec.version,
        "data_version": plan.split_version,
        "run_id": plan.request.run_id,
        "created_at": datetime.now(UTC).replace(tzinfo=None),
    }
    return pd.DataFrame([row])


def _epoch_seconds(result: CellResult) -> float:
    """Seconds of training the quickest epoch: other work on the machine only ever adds to them."""
    ends = _choosing(result).groupby("epoch")["seconds"].max()
    return float(ends.diff().fillna(ends).min())
