"""How a fit is run, apart from what is learned: seed, device, checkpoint, validation, progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import torch


class Scorer(Protocol):
    """Anything that scores items for users: a `recommenders.base.Recommender`."""

    def score(self, query: Any, items: torch.Tensor | None = None) -> torch.Tensor: ...


@dataclass(frozen=True)
class Progress:
    """One sign of life from a fit: an epoch that ended, or a part of one."""

    phase: str
    epoch: int
    epochs: int
    values: dict[str, float]
    seconds: float


@dataclass(frozen=True)
class HistoryRow:
    """One value of a learning curve; `seconds` are those of training alone, from the phase's start."""

    phase: str
    epoch: int
    name: str
    value: float
    seconds: float


@dataclass
class History:
    """What a fit left behind besides its parameters.

    Attributes:
        rows: the learning curve.
        selected: hyperparameters chosen on validation (`epochs`, for example): a refit on more
            data replaces these fields of the configuration and needs no validation.
    """

    rows: list[HistoryRow] = field(default_factory=list)
    selected: dict[str, float | int | str] = field(default_factory=dict)


@dataclass(frozen=True)
class FitOptions:
    """Everything a fit needs besides data and configuration.

    Attributes:
        seed: of every random draw; the same seed gives the same model on CPU.
        device: where tensors live.
        validate: quality on held-out data of the recommender handed in, larger is better; None
            means no validation: then the configured number of epochs is trained.
        checkpoint: folder for checkpoints, one file a phase; None keeps none.
        fingerprint: identifies data, configuration and code; a checkpoint with another one is not
            resumed from.
        on_progress: called after every epoch.
        heartbeat: called between batches; raises `Cancelled` when the fit should end.
        phase: name of the present part of a fit in several parts.
    """

    seed: int = 0
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    validate: Callable[[Scorer], float] | None = None
    checkpoint: Path | None = None
    fingerprint: str = ""
    on_progress: Callable[[Progress], None] = lambda progress: None
    heartbeat: Callable[[], None] = lambda: None
    phase: str = "fit"

    def in_phase(self, name: str) -> FitOptions:
        """The options for one part of the fit, with its own checkpoint and learning curve."""
        return replace(self, phase=name if self.phase == "fit" else f"{self.phase}-{name}")
