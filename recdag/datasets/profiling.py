"""What is in the columns of behaviours and values, over all rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from recdag.datasets.catalogue import dataset_from
from recdag.datasets.file_search import FoundFiles
from recdag.datasets.readers import raw_files
from recdag.datasets.validation import find_fault, number_of

_UNREADABLE = (duckdb.InvalidInputException, duckdb.IOException, duckdb.ConversionException)


@dataclass(frozen=True)
class Values:
    """The numbers of a column.

    Attributes:
        low, high: the smallest and the largest.
        least: the smallest above 0; None where all are 0.
        whole: whether all are whole numbers.
    """

    low: float
    high: float
    least: float | None
    whole: bool

    @property
    def constant(self) -> bool:
        """Whether all are equal."""
        return self.low == self.high


@dataclass(frozen=True)
class Profile:
    """What was found.

    Attributes:
        codes: of behaviours, the most frequent first, equally frequent ones by name.
        codes_of_files: the same of each file.
        values: None where there are none.
    """

    codes: tuple[str, ...]
    codes_of_files: tuple[tuple[str, ...], ...]
    values: Values | None


def take_profile(content: Mapping[str, Any], paths: Sequence[Path]) -> Profile:
    """Read the columns of behaviours and values of all rows.

    Args:
        content: the fields of a catalogue entry that say how the files are read.

    Raises:
        DataError: a row cannot be read.
    """
    roles = {f"events.{n}": path for n, path in enumerate(paths)}
    dataset = dataset_from({**content, "files": {role: path.name for role, path in roles.items()}}, Path())
    with duckdb.connect() as connection:
        raw = raw_files(connection, dataset, FoundFiles(dataset.name, dataset.sources[0], roles))
        rows = " UNION ALL ".join(
            f"SELECT {n} AS file, behaviour, value FROM ({file.query(False)})" for n, file in enumerate(raw)
        )
        try:
            counted = connection.execute(
                "SELECT file, behaviour, count(*) AS n, min(number), max(number),"
                " min(number) FILTER (number > 0), bool_and(number = floor(number))"
                f" FROM (SELECT file, behaviour, {number_of('value')} AS number FROM ({rows}))"
                " GROUP BY file, behaviour ORDER BY n DESC, behaviour, file"
            ).fetchall()
        except _UNREADABLE:
            # Which behaviours there are is not known yet, so that none is at fault.
            find_fault(connection, dataset, [replace(f, present=f.present - {"behaviour"}) for f in raw])
            raise
    files = range(len(paths))
    return Profile(
        tuple(dict.fromkeys(code for _, code, *_ in counted if code is not None)),
        tuple(tuple(code for file, code, *_ in counted if file == n and code is not None) for n in files),
        _values([numbers for _, _, _, *numbers in counted if numbers[0] is not None]),
    )


def _values(numbers: Sequence[Sequence[Any]]) -> Values | None:
    if not numbers:
        return None
    low, high, least, whole = zip(*numbers, strict=True)
    above = [each for each in least if each is not None]
    return Values(min(low), max(high), min(above, default=None), all(whole))
