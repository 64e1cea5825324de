import threading

import dagster as dg
from filelock import FileLock

from recdag.orchestration.turns import FROM_SHELL, clear_killed_runs, my_turn


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
    killed, other, told = training(instance, FROM_SHELL), training(instance, {}), []
    with my_turn(instance, dagster_home, told.append):
        assert status(instance, killed) is dg.DagsterRunStatus.FAILURE
        assert status(instance, other) is dg.DagsterRunStatus.STARTED
    assert told == []


def test_another_run_of_the_shell_is_waited_for_and_left_alone(instance, dagster_home):
    other, told = training(instance, FROM_SHELL), []
    at_work, ended = threading.Event(), threading.Event()

    def hold():
        with FileLock(dagster_home / "shell.lock"):
            at_work.set()
            ended.wait(10)

    threading.Thread(target=hold).start()
    at_work.wait(10)
    clear_killed_runs(dagster_home)
    assert status(instance, other) is dg.DagsterRunStatus.STARTED

    def tell(message):
        told.append(message)
        ended.set()

    with my_turn(instance, dagster_home, tell):
        pass
    assert "Another recdag run" in told[0]
