"""What a search for hyperparameters may cost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recdag.errors import ConfigError


@dataclass(frozen=True)
class Budget:
    """What the search for one model may cost: a number of trials, or seconds."""

    trials: int | None = None
    seconds: float | None = None

    @classmethod
    def parse(cls, text: str) -> Budget | None:
        """The budget that a person wrote: "20", "20 trials" or "600s"; None for nothing, "0".

        Raises:
            ConfigError: it is none of these.
        """
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(trials?|s|seconds?)?", text.strip().lower())
        number = float(match[1]) if match else -1
        in_seconds = bool(match and (match[2] or "").startswith("s"))
        if match is None or (not in_seconds and number != int(number)):
            raise ConfigError(
                f"{text!r} is no budget", cure="Give a number of trials, as 20, or seconds, as 600s; 0: none"
            )
        if number == 0:
            return None
        return cls(seconds=number) if in_seconds else cls(trials=int(number))

    def allows(self, trials: int, seconds: float) -> bool:
        """Whether one more trial may begin after so many, which took so long."""
        return trials < self.trials if self.trials is not None else seconds < (self.seconds or 0)

    @property
    def option(self) -> str:
        """As `--budget` takes it."""
        return f"{self.trials}" if self.trials is not None else f"{self.seconds:g}s"

    def __str__(self) -> str:
        return f"{self.trials} trials" if self.trials is not None else f"{self.seconds:g} s"


def budget_columns(budget: Budget | None) -> dict[str, float | None]:
    """A budget as the published tables hold it; nothing in both columns without one."""
    return {
        "budget_trials": budget.trials if budget else None,
        "budget_seconds": budget.seconds if budget else None,
    }


def budget_of(row: Mapping[Any, Any]) -> Budget | None:
    """The budget in the columns of a published row."""
    trials, seconds = row["budget_trials"], row["budget_seconds"]
    if trials is not None and trials == trials:
        return Budget(trials=int(trials))
    return Budget(seconds=float(seconds)) if seconds is not None and seconds == seconds else None
