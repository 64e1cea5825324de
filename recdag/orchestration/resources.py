"""What assets work with: the project folder, and signs of life from long steps."""

from __future__ import annotations

import multiprocessing
import time
from functools import lru_cache
from typing import TYPE_CHECKING

import dagster as dg

from recdag.errors import Cancelled
from recdag.pipeline.project import Project

if TYPE_CHECKING:
    from recdag.training.options import Progress

REPORT_EVERY_SECONDS = 1.0
WATCH_EVERY_SECONDS = 3.0


@lru_cache(maxsize=1)
def open_project() -> Project:
    """The project of this process: catalogue and recipes are read once."""
    return Project.open()


class ProjectResource(dg.ConfigurableResource):
    """The folder with data, warehouse, recipes and trained models; see `recdag.settings`."""

    def open(self) -> Project:
        return open_project()


class Reporter:
    """Tells the progress of one step and notices when its run has ended without it."""

    def __init__(self, context: dg.AssetExecutionContext) -> None:
        self._context = context
        self._told_at = 0.0
        self._watched_at = time.monotonic()

    def progress(self, progress: Progress) -> None:
        """An observation on the asset's page, at most one a second."""
        if time.monotonic() - self._told_at < REPORT_EVERY_SECONDS and progress.epoch < progress.epochs:
            return
        self._told_at = time.monotonic()
        values = ", ".join(f"{name} {value:.4g}" for name, value in progress.values.items())
        self._context.log.info(f"{progress.phase}: epoch {progress.epoch}/{progress.epochs}, {values}")
        self._context.log_event(
            dg.AssetObservation(
                self._context.asset_key,
                partition=self._context.partition_key,
                metadata={
                    "phase": progress.phase,
                    "epoch": progress.epoch,
                    "epochs": progress.epochs,
                    **progress.values,
                },
            )
        )

    def heartbeat(self) -> None:
        """End a training whose run was cancelled or whose worker was killed.

        Raises:
            Cancelled: the run is over, or the process that waits for this step is gone.
        """
        if time.monotonic() - self._watched_at < WATCH_EVERY_SECONDS:
            return
        self._watched_at = time.monotonic()
        worker = multiprocessing.parent_process()
        run = self._context.instance.get_run_by_id(self._context.run_id)
        if (worker is not None and not worker.is_alive()) or (run is not None and run.is_finished):
            raise Cancelled("the run was ended from outside; the last checkpoint is kept")
