"""What was not run, for the data or the memory of the machine did not allow it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Skipped:
    """Papers, or models of papers as paper/model, that were skipped on a data set for one reason."""

    dataset: str
    names: tuple[str, ...]
    reason: str


def skipped_together(recorded: Mapping[tuple[str, str], Mapping[str, str]]) -> tuple[Skipped, ...]:
    """What was skipped, names with the same reason together.

    Args:
        recorded: as from `recdag.warehouse.skipped_rows.read_skipped`.
    """
    names: dict[tuple[str, str], list[str]] = {}
    for (dataset, _), reasons in recorded.items():
        for name, reason in reasons.items():
            names.setdefault((dataset, reason), []).append(name)
    return tuple(Skipped(dataset, tuple(named), reason) for (dataset, reason), named in names.items())
