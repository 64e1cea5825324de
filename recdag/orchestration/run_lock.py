"""Runs of `recdag run` take turns, and clear away what a killed one has left behind.

Dagster's own monitoring looks after the runs of its web UI, as long as that lives. A run from the shell
that was killed, or one of a UI that was killed with it, would stay "started" for ever, and keep others in
the queue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from filelock import FileLock, Timeout

from recdag.orchestration.instance import opened
from recdag.orchestration.internals import IN_PROGRESS_RUN_STATUSES
from recdag.orchestration.location import OF_THE_LOCATION
from recdag.orchestration.processes import Place, worker_has_gone

FROM_SHELL = {"recdag/started_from": "shell"}
_LOCK = "recdag/lock"


@contextmanager
def run_lock(instance: dg.DagsterInstance, home: Path, notify: Callable[[str], None]) -> Iterator[None]:
    """Wait for other runs from the shell, and end those that were killed.

    Args:
        home: Dagster's home folder.
        notify: hears what is waited for.
    """
    lock = FileLock(home / "shell.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        notify("Another recdag run is at work in this folder; this one begins when it has ended.")
        lock.acquire(poll_interval=0.5)
    try:
        _end_killed_runs(instance, home)
        yield
    finally:
        lock.release()


def shell_tags(home: Path) -> Mapping[str, str]:
    """What a run from the shell carries: that it is one, where it is at work, and whose lock it holds."""
    return {**FROM_SHELL, **OF_THE_LOCATION, **Place.here().tags(), _LOCK: _lock_of(home)}


def clear_killed_runs(home: Path) -> None:
    """End the runs of a shell that was killed, unless one is at work."""
    try:
        with (
            FileLock(home / "shell.lock", timeout=0),
            opened(home) as instance,
        ):
            _end_killed_runs(instance, home)
    except Timeout:
        return


def _end_killed_runs(instance: dg.DagsterInstance, home: Path) -> None:
    """To be called with the lock held."""
    for run in instance.get_runs(dg.RunsFilter(statuses=list(IN_PROGRESS_RUN_STATUSES))):
        if _was_killed(instance, run, home):
            instance.report_run_failed(run, "The process was killed; its checkpoints are kept.")


def _was_killed(instance: dg.DagsterInstance, run: dg.DagsterRun, home: Path) -> bool:
    """Whether the process of a run has gone for certain; a run of another machine is its own to end."""
    place, here = Place.of(run), Place.here()
    if place is None:
        return False
    if place.boot != here.boot:
        return place.host == here.host
    if FROM_SHELL.items() <= run.tags.items():
        return run.tags.get(_LOCK) == _lock_of(home)  # we hold it, and one kernel knows one holder
    return place.processes == here.processes and worker_has_gone(instance, run)


def _lock_of(home: Path) -> str:
    """The same for all who share a home folder on one machine, in whatever container."""
    status = home.stat()
    return f"{status.st_dev}:{status.st_ino}"
