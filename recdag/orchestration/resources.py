"""What assets work with: the project folder, and signs of life from long steps."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from recdag.errors import Cancelled
from recdag.graph.project import Project
from recdag.orchestration.phases import in_words
from recdag.orchestration.processes import tell_place
from recdag.settings import Settings

if TYPE_CHECKING:
    from recdag.training.options import Progress

REPORT_EVERY_SECONDS = 1.0
WATCH_EVERY_SECONDS = 3.0


_projects: dict[str, Project] = {}


class ProjectResource(dg.ConfigurableResource[Project]):
    """The folder with data, warehouse, recipes and trained models; see `recdag.settings`."""

    home: str

    @classmethod
    def of(cls, project: Project) -> ProjectResource:
        """The resource that gives a project, whose catalogue and recipes are read once a process."""
        home = str(project.settings.home)
        _projects[home] = project
        return cls(home=home)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """A run says where it is at work, for those that would end it."""
        if context.run is not None and context.instance is not None:
            tell_place(context.instance, context.run)

    def open(self) -> Project:
        if self.home not in _projects:
            _projects[self.home] = Project(Settings(Path(self.home)))
        return _projects[self.home]


class Reporter:
    """Tells the progress of one step and notices when its run has ended without it."""

    def __init__(self, context: dg.AssetExecutionContext) -> None:
        self._context = context
        self._told_at = 0.0
        self._watched_at = time.monotonic()

    def progress(self, progress: Progress) -> None:
        """An observation of a training, at most one a second."""
        phase = in_words(progress.phase)
        values = ", ".join(f"{name} {value:.4g}" for name, value in progress.values.items())
        self._tell(
            f"{phase}: epoch {progress.epoch}/{progress.epochs}, {values}",
            {"phase": phase, "epoch": progress.epoch, "epochs": progress.epochs, **progress.values},
            last=progress.epoch >= progress.epochs,
        )

    def download(self, done: int, total: int | None) -> None:
        """An observation of a download, at most one a second.

        Args:
            done: bytes that have come.
            total: bytes in all, None where the server does not say.

        Raises:
            Cancelled: see `heartbeat`.
        """
        self.heartbeat()
        self._tell(
            f"downloading: {done:,} of {total:,} bytes" if total else f"downloading: {done:,} bytes",
            {"phase": "downloading", "bytes": done, **({"bytes_in_all": total} if total else {})},
            last=done == total,
        )

    def _tell(self, message: str, metadata: dict[str, Any], *, last: bool) -> None:
        if time.monotonic() - self._told_at < REPORT_EVERY_SECONDS and not last:
            return
        self._told_at = time.monotonic()
        self._context.log.info(message)
        self._context.log_event(
            dg.AssetObservation(
                self._context.asset_key, partition=self._context.partition_key, metadata=metadata
            )
        )

    def heartbeat(self) -> None:
        """End a step whose run was cancelled or whose worker was killed.

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
