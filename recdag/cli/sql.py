"""`recdag sql`: queries of the result tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from recdag.cli.rows import Rows, print_csv, print_json, print_rows
from recdag.graph.project import Project

if TYPE_CHECKING:
    import duckdb

_AT_ONCE = 10_000
Answer = TypeVar("Answer")


class Format(StrEnum):
    """How `recdag sql` prints rows."""

    table = "table"
    csv = "csv"
    json = "json"


_PRINT = {Format.table: print_rows, Format.csv: print_csv, Format.json: print_json}


def sql(
    query: Annotated[str, typer.Argument(help="SQL; the tables are listed by 'show tables'.")],
    format: Annotated[Format, typer.Option(help="How to print the rows.")] = Format.table,
) -> None:
    """Ask the result tables in data/recdag.duckdb, read-only: no other file is read or written."""
    with _answer(Project.open(), query) as (names, rows):
        _PRINT[format](names, rows)


@contextmanager
def _answer(project: Project, query: str) -> Iterator[tuple[list[str], Rows]]:
    """The names of the columns, and the rows as they are asked for."""
    import duckdb

    from recdag.warehouse.lookups import query_error

    project.published.ensure()
    try:
        with project.published.reading() as connection:
            connection.execute("set enable_external_access = false; set lock_configuration = true")
            _interruptible(connection, lambda: connection.execute(query))
            yield [name for name, *_ in connection.description or []], _rows(connection)
    except duckdb.Error as error:
        raise query_error(error) from error


def _rows(connection: duckdb.DuckDBPyConnection) -> Rows:
    while block := _interruptible(connection, lambda: connection.fetchmany(_AT_ONCE)):
        yield from block


def _interruptible(connection: duckdb.DuckDBPyConnection, ask: Callable[[], Answer]) -> Answer:
    """An answer of DuckDB, which Ctrl-C ends: DuckDB asks for signals only between parts of a query."""
    with ThreadPoolExecutor(1) as other:
        answer = other.submit(ask)
        try:
            return answer.result()
        except KeyboardInterrupt:
            connection.interrupt()
            raise
