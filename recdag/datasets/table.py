"""A table of unknown layout, all its rows looked through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from recdag.datasets.column_mapping import ColumnMapping, map_columns
from recdag.datasets.import_hints import NONE, ImportHints
from recdag.datasets.profiling import Profile, take_profile
from recdag.datasets.questions import Question
from recdag.datasets.sampling import Sample
from recdag.datasets.times import is_number
from recdag.datasets.validation import TRUTHS


@dataclass(frozen=True)
class Table:
    """The columns that are read, and what is in them; see `ColumnMapping` and `Proposal`."""

    columns: Mapping[str, Any]
    profile: Profile | None
    value_kind: str | None = None
    unused: tuple[str, ...] = ()
    constant: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes in the column of behaviours, the most frequent first."""
        return self.profile.codes if self.profile and "behaviour" in self.columns else ()


def read_table(
    content: Mapping[str, Any],
    sample: Sample,
    paths: Sequence[Path],
    hints: ImportHints,
    *,
    by_file: bool,
) -> Table:
    """Map the columns, and leave out those that say the same in every row.

    Args:
        content: the other fields of the entry.
        sample: of the first file.
        by_file: whether the behaviour of each file is known without a column.

    Raises:
        DataError: see `map_columns` and `take_profile`.
    """
    mapping = map_columns(sample, hints, str(paths[0]))
    columns, constant, questions = dict(mapping.columns), [], list(mapping.questions)
    profile = take_profile({**content, "columns": columns}, paths)
    if "behaviour" in columns and hints.behaviour is None:
        codes, name = profile.codes, columns["behaviour"]
        in_files = by_file and all(len(each) <= 1 for each in profile.codes_of_files)
        if in_files or (len(codes) == 1 and _says_nothing(codes[0])):
            constant.append(f"{name} ({', '.join(codes)})")
            del columns["behaviour"]
        elif all(code.lower() in {*TRUTHS, "0", "1"} for code in codes):
            questions += _ask_for_truths(name, codes, mapping, hints)
            del columns["behaviour"]
    values = profile.values
    if "value" in columns and (hints.rating, hints.count) == (None, None) and values and values.constant:
        constant.append(f"{columns.pop('value')} ({values.low:g})")
    return Table(columns, profile, mapping.value_kind, mapping.unused, tuple(constant), tuple(questions))


def _says_nothing(code: str) -> bool:
    return is_number(code) or code.lower() in TRUTHS


def _ask_for_truths(
    name: str | int, codes: Sequence[str], mapping: ColumnMapping, hints: ImportHints
) -> list[Question]:
    """What a column of behaviours that holds 0 and 1, or true and false, is to mean."""
    if "value" in mapping.columns or NONE in (hints.rating, hints.count):
        return []
    column = quote(str(name))
    return [
        Question(
            f"Column {name} holds {' and '.join(sorted(codes)[:2])}, which are no behaviours",
            "count",
            (str(name), NONE),
            str(name),
            f"--count {column}, by which rows of 0 and false are no positives, --behaviour {column}, or "
            f"--ignore {column}",
        )
    ]
