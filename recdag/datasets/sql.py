"""The one place where text becomes part of an SQL statement.

DuckDB takes prepared parameters in queries but not in views or in the names of columns and tables, so
paths and identifiers from a catalogue entry go through these two functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from recdag.errors import DataError

Option = str | bool | int | float | Path | Mapping[str, str]


def identifier(name: str) -> str:
    """`name` as a quoted SQL identifier."""
    return '"' + _plain(name).replace('"', '""') + '"'


def literal(value: Option) -> str:
    """`value` as an SQL literal: text, truth value, number, path, or mapping of text to text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
    return "'" + _plain(str(value)).replace("'", "''") + "'"


def reader(function: str, path: Path, **options: Option) -> str:
    """A call of a DuckDB table function on exactly one file.

    Signs that DuckDB would expand as a pattern are taken as they are.
    """
    exact = "".join(f"[{sign}]" if sign in "*?[" else sign for sign in str(path))
    arguments = [literal(exact), *(f"{name}={literal(value)}" for name, value in options.items())]
    return f"{function}({', '.join(arguments)})"


def _plain(text: str) -> str:
    if "\0" in text:
        raise DataError("A name or path contains a NUL character", where=repr(text), cure="Rename it.")
    return text
