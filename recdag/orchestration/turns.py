"""Runs of `recdag run` take turns, and clear away what a killed one has left behind.

Dagster's own monitoring looks after the runs of its web UI, as long as that lives. A run from the shell
that was killed, or one of a UI that was killed with it, would stay "started" for ever, and keep its place
in the pool.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from dagster._core.storage.dagster_run import IN_PROGRESS_RUN_STATUSES
from dagster._utils.concurrency import ConcurrencyKeyInfo
from filelock import FileLock, Timeout

from recdag.orchestration.processes import is_abandoned

FROM_SHELL = {"recdag/started_from": "shell"}
LOOK_EVERY_SECONDS = 2.0


@contextmanager
def my_turn(instance: dg.DagsterInstance, home: Path, tell: Callable[[str], None]) -> Iterator[None]:
    """Wait for other runs from the shell, then for the pools; clear away those that were killed.

    Args:
        home: Dagster's home folder.
        tell: is told, once each, what is waited for.
    """
    lock = FileLock(home / "shell.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        tell("Another recdag run is at work in this folder; this one begins when it has ended.")
        lock.acquire(poll_interval=0.5)
    try:
        _end_killed_runs(instance)
        _wait_for_pools(instance, tell)
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
    pools = _pools(instance)
    holders = {slot.run_id for pool in pools for slot in pool.claimed_slots}
    waiting = {step.run_id for pool in pools for step in pool.pending_steps}
    for run_id in holders | waiting:
        known = instance.get_run_by_id(run_id)
        if known is None or known.is_finished:
            instance.event_log_storage.free_concurrency_slots_for_run(run_id)


def _wait_for_pools(instance: dg.DagsterInstance, tell: Callable[[str], None]) -> None:
    told = False
    while slots := [slot for pool in _pools(instance) for slot in pool.claimed_slots]:
        if not told:
            step, run = slots[0].step_key.replace("__", "/"), slots[0].run_id[:8]
            tell(f"Models are trained one at a time. Waiting for {step} of run {run}, started in the web UI.")
        told = True
        time.sleep(LOOK_EVERY_SECONDS)


def _pools(instance: dg.DagsterInstance) -> list[ConcurrencyKeyInfo]:
    storage = instance.event_log_storage
    return [storage.get_concurrency_info(name) for name in storage.get_concurrency_keys()]
