"""The training loop: resume to the bit, early stopping, errors, finished phases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from recdag.errors import Cancelled, TrainingError
from recdag.training import loop
from recdag.training.loop import seed_everything, train
from recdag.training.options import FitOptions, History, Progress


class Line:
    """Fits a line to noise with Adam, drawing from numpy's and torch's generators."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.weights = torch.randn(5)
        self.weights.grad = torch.zeros(5)
        self.optimizer = torch.optim.Adam([self.weights], lr=0.1)
        self.losses: list[float] = []
        self.epochs_trained = 0

    def train_epoch(self, rng: np.random.Generator, options: FitOptions) -> dict[str, float]:
        self.epochs_trained += 1
        inputs = torch.randn(8, 5)
        error = inputs @ self.weights - torch.as_tensor(rng.standard_normal(8), dtype=torch.float32)
        assert self.weights.grad is not None
        self.weights.grad.copy_(inputs.t() @ error)
        self.optimizer.step()
        options.heartbeat()
        return {"loss": float(error.square().mean())}

    def training_state(self) -> dict[str, Any]:
        return {"weights": self.weights, "optimizer": self.optimizer.state_dict()}

    def load_training_state(self, state: dict[str, Any]) -> None:
        self.weights.copy_(state["weights"])
        self.optimizer.load_state_dict(state["optimizer"])

    def parameters_state(self) -> dict[str, torch.Tensor]:
        return {"weights": self.weights}

    def load_parameters(self, state: dict[str, torch.Tensor]) -> None:
        self.weights = state["weights"].clone()

    def score(self, query: Any, items: torch.Tensor | None = None) -> torch.Tensor:
        return self.weights


class Stop(Exception):
    """Stands for a killed process."""


def stop_after(epoch: int) -> Callable[[Progress], None]:
    def on_progress(progress: Progress) -> None:
        if progress.epoch == epoch:
            raise Stop

    return on_progress


def values(history: History) -> list[tuple[int, str, float]]:
    return [(row.epoch, row.name, row.value) for row in history.rows]


def quality(trainee: Any) -> float:
    return float(-trainee.score(None).square().sum())


@pytest.fixture
def checkpoint_every_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_EVERY_SECONDS", 0.0)


@pytest.mark.usefixtures("checkpoint_every_epoch")
@pytest.mark.parametrize("killed_after", [1, 4, 9])
@pytest.mark.parametrize("validate", [None, quality])
def test_a_killed_fit_resumes_to_the_bit(tmp_path: Path, killed_after: int, validate: Any) -> None:
    whole = Line()
    expected = train(whole, epochs=10, options=FitOptions(seed=3, validate=validate))

    options = FitOptions(seed=3, checkpoint=tmp_path, fingerprint="x", validate=validate)
    with pytest.raises(Stop):
        train(
            Line(),
            epochs=10,
            options=FitOptions(**{**vars(options), "on_progress": stop_after(killed_after)}),
        )
    torch.manual_seed(999)
    resumed = Line()
    history = train(resumed, epochs=10, options=options)

    assert resumed.epochs_trained == 10 - killed_after
    assert torch.equal(resumed.weights, whole.weights)
    assert values(history) == values(expected)
    assert history.selected == expected.selected


@pytest.mark.usefixtures("checkpoint_every_epoch")
def test_a_fit_cancelled_within_an_epoch_resumes_from_the_last_whole_one(tmp_path: Path) -> None:
    whole = Line()
    train(whole, epochs=6, options=FitOptions())
    beats = 0

    def cancel() -> None:
        nonlocal beats
        beats += 1
        if beats == 7:
            raise Cancelled("the run was ended")

    with pytest.raises(Cancelled):
        train(Line(), epochs=6, options=FitOptions(checkpoint=tmp_path, heartbeat=cancel))
    resumed = Line()
    train(resumed, epochs=6, options=FitOptions(checkpoint=tmp_path))
    assert 0 < resumed.epochs_trained < 6
    assert torch.equal(resumed.weights, whole.weights)


@pytest.mark.usefixtures("checkpoint_every_epoch")
def test_patience_is_counted_on_after_a_resume(tmp_path: Path) -> None:
    """Quality falls from epoch 2 on; three stale validations end the fit at epoch 5."""

    def falling() -> Callable[[Any], float]:
        return lambda trainee: -abs(trainee.epochs_trained - 2)

    class Counting(Line):
        def training_state(self) -> dict[str, Any]:
            return {**super().training_state(), "epochs_trained": self.epochs_trained}

        def load_training_state(self, state: dict[str, Any]) -> None:
            super().load_training_state(state)
            self.epochs_trained = state["epochs_trained"]

    options = FitOptions(checkpoint=tmp_path, validate=falling())
    with pytest.raises(Stop):
        stopping = FitOptions(checkpoint=tmp_path, validate=falling(), on_progress=stop_after(4))
        train(Counting(), epochs=50, options=stopping, patience=3)
    resumed = Counting()
    history = train(resumed, epochs=50, options=options, patience=3)
    assert resumed.epochs_trained == 5
    assert history.selected == {"epochs": 2}


def test_a_finished_phase_is_loaded(tmp_path: Path) -> None:
    options = FitOptions(checkpoint=tmp_path, fingerprint="x", validate=quality)
    first = Line()
    history = train(first, epochs=5, options=options)
    again = Line()
    loaded = train(again, epochs=5, options=options)
    assert again.epochs_trained == 0
    assert torch.equal(again.weights, first.weights)
    assert values(loaded) == values(history)
    assert loaded.selected == history.selected


def test_another_fingerprint_trains_anew(tmp_path: Path) -> None:
    train(Line(), epochs=3, options=FitOptions(checkpoint=tmp_path, fingerprint="x"))
    other = Line()
    train(other, epochs=3, options=FitOptions(checkpoint=tmp_path, fingerprint="y"))
    assert other.epochs_trained == 3


def test_phases_keep_their_own_checkpoints_and_streams(tmp_path: Path) -> None:
    options = FitOptions(checkpoint=tmp_path)
    first, second = Line(), Line()
    one = train(first, epochs=2, options=options.in_phase("one"))
    two = train(second, epochs=2, options=options.in_phase("two"))
    assert {path.name for path in tmp_path.iterdir()} == {"one.pt", "two.pt"}
    assert {row.phase for row in one.rows} == {"one"}
    assert values(one) != values(two)


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_is_an_error(loss: float) -> None:
    class Diverging(Line):
        def train_epoch(self, rng: np.random.Generator, options: FitOptions) -> dict[str, float]:
            super().train_epoch(rng, options)
            return {"loss": loss if self.epochs_trained == 3 else 1.0}

    with pytest.raises(TrainingError, match=r"epoch 3 .*Lower the learning rate"):
        train(Diverging(), epochs=5, options=FitOptions())


def test_the_best_epoch_is_kept() -> None:
    qualities = iter([0.1, 0.5, 0.3, 0.4, 0.2, 0.9])
    weights: list[torch.Tensor] = []

    def validate(trainee: Any) -> float:
        weights.append(trainee.weights.clone())
        return next(qualities)

    line = Line()
    history = train(line, epochs=100, options=FitOptions(validate=validate), patience=3)
    assert line.epochs_trained == 5
    assert history.selected == {"epochs": 2}
    assert torch.equal(line.weights, weights[1])
    assert [row.value for row in history.rows if row.name == "validation"] == [0.1, 0.5, 0.3, 0.4, 0.2]


def test_patience_begins_after_the_least_epochs() -> None:
    qualities = [0.1, 0.5, 0.3, 0.4, 0.2, 0.4, 0.3, 0.9]
    impatient, patient, falling = Line(), Line(), Line()

    def validation(values: list[float]) -> FitOptions:
        remaining = iter(values)
        return FitOptions(validate=lambda trainee: next(remaining))

    train(impatient, epochs=8, options=validation(qualities), patience=2)
    history = train(patient, epochs=8, options=validation(qualities), patience=2, least_epochs=6)
    train(falling, epochs=8, options=validation(qualities[:6] + [0.3] * 2), patience=1, least_epochs=6)

    assert impatient.epochs_trained == 4
    assert patient.epochs_trained == 8 and history.selected == {"epochs": 8}
    assert falling.epochs_trained == 7


def test_a_refit_of_the_selected_epochs_gives_the_selected_parameters() -> None:
    qualities = iter([0.1, 0.2, 0.5, 0.3, 0.3])
    selected = Line()
    history = train(selected, epochs=5, options=FitOptions(validate=lambda trainee: next(qualities)))
    refit = Line()
    train(refit, epochs=int(history.selected["epochs"]), options=FitOptions())
    assert torch.equal(refit.weights, selected.weights)


def test_validation_every_few_epochs_includes_the_last() -> None:
    history = train(Line(), epochs=7, options=FitOptions(validate=quality), validate_every=3)
    assert [row.epoch for row in history.rows if row.name == "validation"] == [3, 6, 7]


def test_no_epochs_leave_the_start_as_it_is() -> None:
    line = Line()
    before = line.weights.clone()
    history = train(line, epochs=0, options=FitOptions())
    assert history.rows == []
    assert torch.equal(line.weights, before)


def test_streams_are_told_apart_by_every_part() -> None:
    names = [(0, "fit", 1), (0, "fit", 2), (0, "gmf", 1), (1, "fit", 1)]
    draws = {(seed_everything(*name).random(), float(torch.rand(()))) for name in names}
    assert len({draw for draw, _ in draws}) == len({draw for _, draw in draws}) == 4
    assert seed_everything(0, "fit", 1).random() == seed_everything(0, "fit", 1).random()
