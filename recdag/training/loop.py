"""The one training loop: epochs, validation, early stopping, checkpoints, resume.

Every epoch draws from random streams of its own, seeded by (seed, phase, epoch). A checkpoint
therefore holds parameters and optimiser and no generator state, and a fit that was stopped after
epoch e and resumed is, on CPU, bit for bit the fit that was never stopped.
"""

from __future__ import annotations

import math
import time
import zlib
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Protocol

import numpy as np
import torch

from recdag.errors import TrainingError
from recdag.training.checkpoints import load_checkpoint, save_checkpoint
from recdag.training.options import FitOptions, History, HistoryRow, Progress, Scorer

CHECKPOINT_EVERY_SECONDS = 2.0


class Trainee(Scorer, Protocol):
    """What the loop trains: a recommender whose parameters change epoch by epoch."""

    def train_epoch(self, rng: np.random.Generator, options: FitOptions) -> dict[str, float]:
        """One pass over the data; returns the values for the learning curve, `loss` among them.

        Draws from `rng` and from torch's global generators only, and calls
        `options.heartbeat()` between batches.
        """

    def training_state(self) -> dict[str, Any]:
        """Tensors and plain values from which training goes on: parameters and optimiser."""

    def load_training_state(self, state: dict[str, Any]) -> None:
        """Take up a state from `training_state`."""

    def parameters_state(self) -> dict[str, torch.Tensor]:
        """The parameters alone, as `load_parameters` takes them."""

    def load_parameters(self, state: dict[str, torch.Tensor]) -> None:
        """Put parameters in place, those of the best epoch for example."""


def seed_everything(*parts: int | str) -> np.random.Generator:
    """Seed torch's global generators and return a numpy generator for the stream named by parts."""
    words = [part if isinstance(part, int) else zlib.crc32(part.encode()) for part in parts]
    sequence = np.random.SeedSequence(words)
    torch.manual_seed(int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1)))
    return np.random.default_rng(sequence)


def train(
    trainee: Trainee,
    *,
    epochs: int,
    options: FitOptions,
    patience: int | None = None,
    least_epochs: int = 0,
    validate_every: int = 1,
    after_epoch: Callable[[int], None] | None = None,
) -> History:
    """Train for `epochs`, or until validation has not improved for `patience` validations.

    With validation the parameters of the best epoch are kept and `History.selected["epochs"]`
    names it. A finished phase is not trained again: its checkpoint is loaded.

    Args:
        trainee: what is trained, freshly initialised by the caller.
        epochs: at most so many passes.
        options: seed, device, validation, checkpoint folder, progress.
        patience: validations without improvement after which training ends; None: never.
        least_epochs: epochs after which patience begins to be counted. What alternating solvers reach at
            first may fall for some sweeps before it rises for good.
        validate_every: epochs between validations; the last epoch is always validated.
        after_epoch: called with the number of each finished epoch, before validation.

    Raises:
        TrainingError: the loss is not finite.
    """
    path = options.checkpoint / f"{options.phase}.pt" if options.checkpoint else None
    best_state: dict[str, torch.Tensor] | None = None
    best_value, best_epoch, epoch, done = -math.inf, 0, 0, False
    history = History()
    resumed = load_checkpoint(path, options.fingerprint, options.device) if path else None
    if resumed:
        trainee.load_training_state(resumed["state"])
        epoch, done = resumed["epoch"], resumed["done"]
        best_state, best_value, best_epoch = (resumed[k] for k in ("best_state", "best_value", "best_epoch"))
        history.rows = [HistoryRow(**row) for row in resumed["history"]]
    seconds = history.rows[-1].seconds if history.rows else 0.0
    saved_at = time.monotonic()
    stale = 0 if not resumed else resumed["stale"]

    while epoch < epochs and not done:
        epoch += 1
        rng = seed_everything(options.seed, options.phase, epoch)
        started = time.perf_counter()
        values = trainee.train_epoch(rng, options)
        seconds += time.perf_counter() - started
        _require_finite(values, epoch)
        if after_epoch:
            after_epoch(epoch)
        if options.validate and (epoch % validate_every == 0 or epoch == epochs):
            value = options.validate(trainee)
            values = {**values, "validation": value}
            if value > best_value:
                best_value, best_epoch, stale = value, epoch, 0
                best_state = {k: v.detach().clone() for k, v in trainee.parameters_state().items()}
            elif epoch > least_epochs:
                stale += 1
        history.rows += [
            HistoryRow(options.phase, epoch, name, value, seconds) for name, value in values.items()
        ]
        done = epoch == epochs or (patience is not None and stale >= patience)
        if path and (done or time.monotonic() - saved_at >= CHECKPOINT_EVERY_SECONDS):
            save_checkpoint(
                path,
                {
                    "fingerprint": options.fingerprint,
                    "state": trainee.training_state(),
                    "epoch": epoch,
                    "done": done,
                    "stale": stale,
                    "best_state": best_state,
                    "best_value": best_value,
                    "best_epoch": best_epoch,
                    "history": [asdict(row) for row in history.rows],
                },
            )
            saved_at = time.monotonic()
        options.on_progress(Progress(options.phase, epoch, epochs, values, seconds))
        options.heartbeat()

    if best_state is not None:
        trainee.load_parameters(best_state)
        history.selected = {"epochs": best_epoch}
    return history


def _require_finite(values: dict[str, float], epoch: int) -> None:
    if not all(math.isfinite(value) for value in values.values()):
        raise TrainingError(
            f"the loss is not finite in epoch {epoch} ({values})",
            cure="Lower the learning rate or the initial standard deviation of this model",
        )
