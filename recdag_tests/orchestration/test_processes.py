"""Runs whose process is gone are told from those at work, also where its number was given out again."""

import os
import subprocess
import sys
import time

import dagster as dg
import pytest
from dagster._core.events import EngineEventData

from recdag.orchestration import processes
from recdag.orchestration.turns import clear_killed_runs


@dg.op
def work() -> None:
    """Stands for a step."""


@dg.job
def works() -> None:
    work()


def started(instance, pid):
    """A run of the web UI that says it is worked on by a process."""
    run = instance.create_run_for_job(works, status=dg.DagsterRunStatus.STARTED)
    instance.report_engine_event("Executing steps", run, EngineEventData.multiprocess(pid))
    return run


@pytest.fixture
def gone():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_run_without_its_process_is_ended(instance, dagster_home, gone):
    lost, alive = started(instance, gone), started(instance, os.getpid())
    clear_killed_runs(dagster_home)
    assert instance.get_run_by_id(lost.run_id).status is dg.DagsterRunStatus.FAILURE
    assert instance.get_run_by_id(alive.run_id).status is dg.DagsterRunStatus.STARTED


def test_a_number_given_out_again_is_another_process():
    assert processes._is_alive(os.getpid(), time.time())
    assert not processes._is_alive(os.getpid(), time.time() - 10**6)


def test_a_run_that_has_told_of_no_process_is_left_alone(instance):
    run = instance.create_run_for_job(works, status=dg.DagsterRunStatus.STARTED)
    assert not processes.is_abandoned(instance, run)
