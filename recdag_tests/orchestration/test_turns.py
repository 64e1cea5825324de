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
    """A run that has started and holds the GPU, or waits for it."""
    run = instance.create_run_for_job(trainings, tags=tags, status=dg.DagsterRunStatus.STARTED)
    instance.event_log_storage.initialize_concurrency_limit_to_default("gpu")
    instance.event_log_storage.claim_concurrency_slot("gpu", run.run_id, "ncf__neumf")
    return run


def holders(instance):
    return [slot.run_id for slot in instance.event_log_storage.get_concurrency_info("gpu").claimed_slots]


def status(instance, run):
    return instance.get_run_by_id(run.run_id).status


def test_a_killed_run_of_the_shell_does_not_keep_the_gpu(instance, dagster_home):
    killed, told = [training(instance, FROM_SHELL) for _ in range(2)], []
    assert holders(instance) == [killed[0].run_id]
    with my_turn(instance, dagster_home, told.append):
        claim = instance.event_log_storage.claim_concurrency_slot("gpu", "a new run", "ncf__gmf")
        assert claim.is_claimed
    assert {status(instance, run) for run in killed} == {dg.DagsterRunStatus.FAILURE}
    assert told == []


def test_the_web_uis_training_is_waited_for(instance, dagster_home):
    run, told = training(instance, {}), []

    def tell(message):
        told.append(message)
        instance.report_run_failed(run, "ended in the web UI")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)

    with my_turn(instance, dagster_home, tell):
        assert holders(instance) == []
    assert len(told) == 1
    assert "ncf/neumf" in told[0]


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
