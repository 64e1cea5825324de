"""The one place where names and values become part of an SQL statement.

DuckDB takes prepared parameters in queries, but not in views or in the names of columns and tables. What
recdag names itself goes through `identifier`, which checks it; what users' files name, through `quoted`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from duckdb import DuckDBPyConnection

from recdag.errors import DataError

_IDENTIFIER = re.compile(r"[a-z0-9_]+")
Option = str | bool | int | float | Path | Mapping[str, str]


def identifier(name: str) -> str:
    """`name` quoted, where it is one that recdag would give.

    Raises:
        DataError: where the name is not made of lower-case letters, digits and underscores.
    """
    if not _IDENTIFIER.fullmatch(name):
        raise DataError(
            f"{name!r} cannot name a table, a column or a protocol",
            cure="Use lower-case letters, digits and underscores.",
        )
    return f'"{name}"'


def quoted(name: str) -> str:
    """Any text as the name of a column or table."""
    return '"' + _without_nul(name).replace('"', '""') + '"'


def literal(value: Option) -> str:
    """`value` as an SQL literal: text, truth value, number, path, or mapping of text to text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
    return "'" + _without_nul(str(value)).replace("'", "''") + "'"


def reader(function: str, path: Path, **options: Option) -> str:
    """A call of a DuckDB table function on exactly one file.

    Signs that DuckDB would expand as a pattern are taken as they are.
    """
    exact = "".join(f"[{sign}]" if sign in "*?[" else sign for sign in str(path))
    arguments = [literal(exact), *(f"{name}={literal(value)}" for name, value in options.items())]
    return f"{function}({', '.join(arguments)})"


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise DataError("A name or path contains a NUL character", where=repr(text), cure="Rename it.")
    return text


def equality(where: Mapping[str, object]) -> tuple[str, list[object]]:
    """A condition that all columns equal the given values, None equal to NULL, and its parameters."""
    terms = [f"{identifier(column)} is not distinct from ?" for column in where]
    return " and ".join(terms) or "true", list(where.values())


def columns(connection: DuckDBPyConnection, table: str) -> dict[str, str]:
    """Column name -> type of a table or view, temporary ones included; empty where there is none."""
    rows = connection.execute(
        "select column_name, data_type from duckdb_columns()"
        " where table_name = ? and database_name in (current_database(), 'temp') order by column_index",
        [table],
    ).fetchall()
    return dict(rows)


def row(connection: DuckDBPyConnection, query: str, parameters: Sequence[object] = ()) -> tuple[Any, ...]:
    """The only row that a query returns.

    Unlike `fetchone` it leaves no unfinished result, during which DuckDB refuses `register`.
    """
    (only,) = connection.execute(query, parameters).fetchall()
    return only


def scalar(connection: DuckDBPyConnection, query: str, parameters: Sequence[object] = ()) -> int:
    """The single whole number that a query returns."""
    return int(row(connection, query, parameters)[0])


def arrays(
    connection: DuckDBPyConnection, query: str, parameters: Sequence[object] = ()
) -> dict[str, np.ndarray]:
    """Column name -> values of a query whose columns hold numbers and no NULL."""
    return cast(dict[str, np.ndarray], connection.execute(query, parameters).fetchnumpy())
