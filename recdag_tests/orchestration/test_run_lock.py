import threading
from dataclasses import replace

import dagster as dg
import pytest
from filelock import FileLock

from recdag.orchestration.processes import Place
from recdag.orchestration.run_lock import clear_killed_runs, run_lock, shell_tags


@dg.op
def train() -> None:
    """Stands for a training."""


@dg.job
def trainings() -> None:
    train()


def training(instance, tags):
    """A run that has started."""
    return instance.create_run_for_job(trainings, tags=tags, status=dg.DagsterRunStatus.STARTED)


def status(instance, run):
    return instance.get_run_by_id(run.run_id).status


def test_a_killed_run_of_the_shell_is_ended_and_one_of_the_web_ui_is_not(instance, dagster_home):
    killed, other, messages = training(instance, shell_tags(dagster_home)), training(instance, {}), []
    with run_lock(instance, dagster_home, messages.append):
        assert status(instance, killed) is dg.DagsterRunStatus.FAILURE
        assert status(instance, other) is dg.DagsterRunStatus.STARTED
    assert messages == []


HERE = Place.here()
ELSEWHERE = {
    "another machine": replace(HERE, host="other", boot="another"),
    "a machine that was started again": replace(HERE, boot="before"),
    "a container on this machine": replace(HERE, host="c0ffee", processes="pid:[1]"),
}


@pytest.mark.parametrize(
    ("place", "ended"),
    [
        ("another machine", False),
        ("a machine that was started again", True),
        ("a container on this machine", True),
    ],
)
def test_a_run_of_the_shell_is_ended_where_its_process_cannot_be_alive(
    instance, dagster_home, monkeypatch, place, ended
):
    with monkeypatch.context() as there:
        there.setattr(Place, "here", lambda: ELSEWHERE[place])
        run = training(instance, shell_tags(dagster_home))
    clear_killed_runs(dagster_home)
    expected = dg.DagsterRunStatus.FAILURE if ended else dg.DagsterRunStatus.STARTED
    assert status(instance, run) is expected


def test_a_run_under_the_lock_of_another_folder_is_left_alone(instance, dagster_home, tmp_path):
    run = training(instance, shell_tags(tmp_path))
    clear_killed_runs(dagster_home)
    assert status(instance, run) is dg.DagsterRunStatus.STARTED


def test_another_run_of_the_shell_is_waited_for_and_left_alone(instance, dagster_home):
    other, messages = training(instance, shell_tags(dagster_home)), []
    at_work, ended = threading.Event(), threading.Event()

    def hold():
        with FileLock(dagster_home / "shell.lock"):
            at_work.set()
            ended.wait(10)

    threading.Thread(target=hold).start()
    at_work.wait(10)
    clear_killed_runs(dagster_home)
    assert status(instance, other) is dg.DagsterRunStatus.STARTED

    def notify(message):
        messages.append(message)
        ended.set()

    with run_lock(instance, dagster_home, notify):
        pass
    assert "Another recdag run" in messages[0]
