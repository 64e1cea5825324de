"""What a study is asked to do, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from recdag.graph.project import Project

if TYPE_CHECKING:
    from recdag.training.options import Progress


@dataclass(frozen=True)
class StudyRequest:
    """One study of one paper on one data set.

    Attributes:
        axes: values that take the place of the study's grid.
        seed: of every training.
    """

    project: Project
    dataset: str
    paper: str
    axes: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    seed: int = 0
    run_id: str = ""
    on_progress: Callable[[Progress], None] = lambda progress: None
    heartbeat: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class StudyResult:
    """The rows of a study.

    Attributes:
        rows: x_name, x, series, metric, value, std_err of the published table `studies`.
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
