"""Small helpers that keep names and values out of SQL text unless they are checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
from duckdb import DuckDBPyConnection

from recdag.errors import DataError

_IDENTIFIER = re.compile(r"[a-z0-9_]+")


def identifier(name: str) -> str:
    """`name` quoted for SQL.

    Raises:
        DataError: where the name is not made of lower-case letters, digits and underscores.
    """
    if not _IDENTIFIER.fullmatch(name):
        raise DataError(
            f"{name!r} cannot name a table, a column or a protocol",
            cure="Use lower-case letters, digits and underscores.",
        )
    return f'"{name}"'


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
