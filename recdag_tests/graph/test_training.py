"""Training through the pipeline: cache, checkpoints, what is left on disk."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from recdag.errors import Cancelled, ConfigError, RecdagError
from recdag.graph.project import Project
from recdag.graph.training import train_model
from recdag.graph.training_request import TrainingRequest
from recdag.training import loop
from recdag.warehouse import locks

KILLED_IN_EPOCH_3 = """
import os, signal
from recdag.graph.project import Project
from recdag.graph.training_request import TrainingRequest
from recdag.graph.training import train_model
from recdag.training import loop

loop.CHECKPOINT_EVERY_SECONDS = 0.0

def kill(progress):
    if progress.phase == "select" and progress.epoch == 3:
        os.kill(os.getpid(), signal.SIGKILL)

train_model(Project.open(), TrainingRequest("tiny", "{paper}", "{model}", {overrides}), on_progress=kill)
"""


@pytest.fixture
def project(prepare):
    return prepare("leave_one_out")


def weights(project, model):
    path = project.trained("tiny", "ncf", model) / "fold-0.safetensors"
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("model", ["neumf", "bpr", "mult_dae", "wmf"])
def test_a_killed_training_resumes_and_ends_bit_equal(project, model, monkeypatch):
    overrides = {"epochs": 6, "patience": None}
    request = TrainingRequest("tiny", "ncf", model, overrides)
    train_model(project, request)
    undisturbed = weights(project, model)
    (project.trained("tiny", "ncf", model) / "card.json").unlink()

    script = KILLED_IN_EPOCH_3.format(paper="ncf", model=model, overrides=overrides)
    killed = subprocess.run([sys.executable, "-W", "ignore", "-c", script], env=os.environ)
    assert killed.returncode == -signal.SIGKILL
    checkpoints = project.trained("tiny", "ncf", model).with_name(f"{model}.checkpoints")
    assert (checkpoints / "fold-0" / "select.pt").exists()

    epochs = []
    train_model(project, request, on_progress=lambda p: epochs.append((p.phase, p.epoch)))
    assert epochs[0] == ("select", 4)
    assert weights(project, model) == undisturbed
    assert not checkpoints.exists()


def test_a_second_training_waits_and_finds_the_model_trained(project, monkeypatch):
    monkeypatch.setattr(locks, "_NOTICE_SECONDS", 0.05)
    request, waits = TrainingRequest("tiny", "ncf", "gmf"), threading.Event()
    outcomes = []

    def second():
        outcomes.append(train_model(project, request, heartbeat=waits.set))

    thread = threading.Thread(target=second)

    def when_begun(progress):
        if not thread.ident:
            thread.start()
            assert waits.wait(10)

    first = train_model(project, request, on_progress=when_begun)
    thread.join(10)
    assert not first.cached and outcomes[0].cached
    assert outcomes[0].data_version == first.data_version


def test_a_training_that_waits_can_be_cancelled_and_a_trained_model_waits_for_none(project, monkeypatch):
    monkeypatch.setattr(locks, "_NOTICE_SECONDS", 0.05)
    train_model(project, TrainingRequest("tiny", "ncf", "item_pop"))

    def cancel():
        raise Cancelled("enough")

    with project.training_lock(cancel):
        assert train_model(project, TrainingRequest("tiny", "ncf", "item_pop"), heartbeat=cancel).cached
        with pytest.raises(Cancelled):
            train_model(project, TrainingRequest("tiny", "ncf", "gmf"), heartbeat=cancel)


def test_a_current_model_is_not_trained_again_and_another_seed_is(project):
    first = train_model(project, TrainingRequest("tiny", "ncf", "gmf"))
    assert not first.cached
    assert train_model(project, TrainingRequest("tiny", "ncf", "gmf")).cached
    other = train_model(project, TrainingRequest("tiny", "ncf", "gmf", seed=1))
    assert not other.cached and other.data_version != first.data_version


def test_the_card_tells_where_a_model_comes_from(project):
    train_model(project, TrainingRequest("tiny", "ncf", "mlp", {"layers": 2}))
    card = json.loads((project.trained("tiny", "ncf", "mlp") / "card.json").read_text())
    assert card["variant"] == "factors=4,layers=2"
    assert card["sources"]["factors"] == "ours: small"
    assert card["train_seconds"] > 0 and card["peak_memory_mb"] > 0
    assert card["selected"]["epochs"] in (1, 2)


def test_a_bad_override_is_refused(project):
    with pytest.raises(ConfigError, match="factors"):
        train_model(project, TrainingRequest("tiny", "ncf", "gmf", {"factors": 0}))


def test_without_a_split_the_cure_is_named(home):
    with pytest.raises(RecdagError, match="recdag run"):
        train_model(Project.open(), TrainingRequest("tiny", "ncf", "gmf"))


def test_a_checkpoint_of_other_settings_is_not_resumed(project, monkeypatch):
    monkeypatch.setattr(loop, "CHECKPOINT_EVERY_SECONDS", 0.0)

    class Stop(Exception):
        pass

    def stop(progress):
        if progress.epoch == 2:
            raise Stop

    with pytest.raises(Stop):
        train_model(project, TrainingRequest("tiny", "ncf", "gmf", {"epochs": 5}), on_progress=stop)
    epochs = []
    request = TrainingRequest("tiny", "ncf", "gmf", {"epochs": 5, "learning_rate": 0.002})
    train_model(project, request, on_progress=lambda p: epochs.append((p.phase, p.epoch)))
    assert epochs[0] == ("select", 1)
