"""Runs of `recdag run` take turns, and clear away what a killed one has left behind.

Dagster's own monitoring looks after the runs of its web UI, as long as that lives. A run from the shell
that was killed, or one of a UI that was killed with it, would stay "started" for ever, and keep others in
the queue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from dagster._core.storage.dagster_run import IN_PROGRESS_RUN_STATUSES
from filelock import FileLock, Timeout

from recdag.orchestration.processes import is_abandoned

FROM_SHELL = {"recdag/started_from": "shell"}


@contextmanager
def my_turn(instance: dg.DagsterInstance, home: Path, tell: Callable[[str], None]) -> Iterator[None]:
    """Wait for other runs from the shell, and end those that were killed.

    Args:
        home: Dagster's home folder.
        tell: is told what is waited for.
    """
    lock = FileLock(home / "shell.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        tell("Another recdag run is at work in this folder; this one begins when it has ended.")
        lock.acquire(poll_interval=0.5)
    try:
        _end_killed_runs(instance)
        yield
    finally:
        lock.release()


def clear_killed_runs(home: Path) -> None:
    """End the runs of a shell that was killed, unless one is at work."""
    try:
        with (
            FileLock(home / "shell.lock", timeout=0),
            dg.DagsterInstance.from_config(str(home)) as instance,
        ):
            _end_killed_runs(instance)
    except Timeout:
        return


def _end_killed_runs(instance: dg.DagsterInstance) -> None:
    """To be called with the lock held: then no run from the shell can be alive."""
    for run in instance.get_runs(dg.RunsFilter(statuses=list(IN_PROGRESS_RUN_STATUSES))):
        if FROM_SHELL.items() <= run.tags.items() or is_abandoned(instance, run):
            instance.report_run_failed(run, "The process was killed; its checkpoints are kept.")
