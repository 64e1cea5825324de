"""A step whose run has ended, or whose run worker was killed, ends itself."""

from types import SimpleNamespace

import pytest

from recdag.errors import Cancelled
from recdag.orchestration import resources
from recdag.orchestration.resources import Reporter


def reporter(monkeypatch, *, finished, worker):
    monkeypatch.setattr(resources, "WATCH_EVERY_SECONDS", 0.0)
    monkeypatch.setattr(resources.multiprocessing, "parent_process", lambda: worker)
    run = SimpleNamespace(is_finished=finished)
    instance = SimpleNamespace(get_run_by_id=lambda run_id: run)
    return Reporter(SimpleNamespace(instance=instance, run_id="a"))


ALIVE, DEAD = (SimpleNamespace(is_alive=lambda alive=alive: alive) for alive in (True, False))


@pytest.mark.parametrize("finished, worker", [(True, None), (True, ALIVE), (False, DEAD)])
def test_a_training_that_nobody_waits_for_ends(monkeypatch, finished, worker):
    with pytest.raises(Cancelled, match="last checkpoint is kept"):
        reporter(monkeypatch, finished=finished, worker=worker).heartbeat()


@pytest.mark.parametrize("worker", [None, ALIVE])
def test_a_training_that_is_waited_for_goes_on(monkeypatch, worker):
    reporter(monkeypatch, finished=False, worker=worker).heartbeat()
