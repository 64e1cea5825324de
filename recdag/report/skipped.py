"""What was not run, for the data or the memory of the machine did not allow it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class LeftOut:
    """Papers, or models of papers as paper/model, that were left out on a data set for one reason."""

    dataset: str
    names: tuple[str, ...]
    reason: str


def left_out_of(recorded: Iterable[tuple[str, Mapping[str, str]]]) -> tuple[LeftOut, ...]:
    """What was left out, names with the same reason together.

    Args:
        recorded: as from `recdag.warehouse.left_out.read_left_out`.
    """
    names: dict[tuple[str, str], list[str]] = {}
    for dataset, reasons in recorded:
        for name, reason in reasons.items():
            names.setdefault((dataset, reason), []).append(name)
    return tuple(LeftOut(dataset, tuple(found), reason) for (dataset, reason), found in names.items())
