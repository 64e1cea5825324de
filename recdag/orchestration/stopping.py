"""A run stopped from the shell is canceled; to Dagster it would be failed, and with it all it was to make."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from recdag.orchestration.history import interrupted
from recdag.orchestration.internals import make_new_run_id

_STOPPED = "The run was stopped from the shell; what is finished is kept."


class Cancelling(logging.Handler):
    """Tells Dagster that a termination was asked for, before it looks for the reason why a step ended."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        super().__init__()
        self._instance = instance

    def emit(self, record: logging.LogRecord) -> None:
        event = getattr(record, "dagster_event", None)
        if not isinstance(event, dg.DagsterEvent) or not event.is_step_failure:
            return
        if interrupted(event.step_failure_data.error):
            run = self._instance.get_run_by_id(vars(record)["dagster_meta"]["run_id"])
            if run is not None:
                self._instance.report_run_canceling(run, _STOPPED)


@contextmanager
def cancelled_when_stopped(instance: dg.DagsterInstance) -> Iterator[str]:
    """The id of a new run, which is canceled if the body is interrupted."""
    run_id = make_new_run_id()
    try:
        yield run_id
    except KeyboardInterrupt:
        run = instance.get_run_by_id(run_id)
        if run is not None and run.status is not dg.DagsterRunStatus.CANCELED:
            instance.report_run_canceled(run, _STOPPED)
        raise


def raise_if_stopped(result: dg.ExecuteInProcessResult) -> None:
    """Raise what Dagster has swallowed.

    Raises:
        KeyboardInterrupt: the run was interrupted.
    """
    for event in result.all_events:
        ended = event.is_step_failure and interrupted(event.step_failure_data.error)
        if ended or (event.is_job_failure and interrupted(event.job_failure_data.error)):
            raise KeyboardInterrupt


def stop_on_signals() -> None:
    """From now on the end of the session or `kill` stops a run as Ctrl-C does."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)
