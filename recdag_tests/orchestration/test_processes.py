"""Runs whose process is gone are told from those at work, also where its number was given out again."""

import os
import subprocess
import sys
import time
from dataclasses import replace

import dagster as dg
import pytest
from dagster._core.events import EngineEventData

from recdag.graph.project import Project
from recdag.orchestration import processes
from recdag.orchestration.processes import Place
from recdag.orchestration.resources import ProjectResource
from recdag.orchestration.run_lock import clear_killed_runs


@dg.op
def work() -> None:
    """Stands for a step."""


@dg.job
def works() -> None:
    work()


def started(instance, pid, place=None):
    """A run of the web UI that says it is worked on by a process of a place."""
    tags = (place or Place.here()).tags()
    run = instance.create_run_for_job(works, tags=tags, status=dg.DagsterRunStatus.STARTED)
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


def test_a_run_that_has_told_of_no_process_is_left_alone(instance, dagster_home):
    silent = instance.create_run_for_job(works, status=dg.DagsterRunStatus.STARTED)
    nowhere = instance.create_run_for_job(works, tags=Place.here().tags(), status=dg.DagsterRunStatus.STARTED)
    clear_killed_runs(dagster_home)
    assert status(instance, silent) is status(instance, nowhere) is dg.DagsterRunStatus.STARTED


def test_a_number_means_nothing_on_another_machine_or_in_another_container(instance, dagster_home, gone):
    here = Place.here()
    machine = started(instance, gone, replace(here, host="other", boot="another"))
    container = started(instance, gone, replace(here, processes="pid:[1]"))
    restarted = started(instance, os.getpid(), replace(here, boot="before"))
    clear_killed_runs(dagster_home)
    assert status(instance, machine) is status(instance, container) is dg.DagsterRunStatus.STARTED
    assert status(instance, restarted) is dg.DagsterRunStatus.FAILURE


def test_a_run_tells_where_it_is_at_work(home):
    with dg.DagsterInstance.ephemeral() as instance:

        @dg.op
        def look(project: ProjectResource) -> None:
            project.open()

        @dg.job(resource_defs={"project": ProjectResource.of(Project.open())})
        def looks() -> None:
            look()

        result = looks.execute_in_process(instance=instance)
        assert Place.of(instance.get_run_by_id(result.run_id)) == Place.here()


def status(instance, run):
    return instance.get_run_by_id(run.run_id).status
