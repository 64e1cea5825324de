"""One file as text columns, whatever its format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from recdag.sql_text import quoted

FIELDS = ("user", "item", "behaviour", "value", "time")


@dataclass(frozen=True)
class RawFile:
    """One file as text columns.

    Attributes:
        path: the file.
        query: SELECT of FIELDS and `row`: the row number if asked for, otherwise NULL.
        present: the fields that the file has.
        behaviour: the behaviour of all rows where the file has no such column.
        time_format: see Columns.
        zero_time_is_unknown: whether a time of 0 stands for none.
        line: row number -> line number of the file, None where it has no lines.
    """

    path: Path
    query: Callable[[bool], str]
    present: frozenset[str]
    behaviour: str
    time_format: str = "unix_s"
    zero_time_is_unknown: bool = False
    line: Callable[[int], int] | None = None


def row_number(numbered: bool) -> str:
    """The column `row`: numbers in file order if asked for, otherwise NULL."""
    return f"{'row_number() OVER ()' if numbered else 'NULL::BIGINT'} AS row"


def select_fields(expressions: dict[str, str], source: str, numbered: bool) -> str:
    """SELECT of FIELDS and `row` from a table function or view.

    Args:
        expressions: field -> SQL expression; the others are NULL.
    """
    columns = ", ".join(f"{expressions.get(name, 'NULL')}::VARCHAR AS {quoted(name)}" for name in FIELDS)
    return f"SELECT {columns}, {row_number(numbered)} FROM {source}"
