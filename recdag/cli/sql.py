"""`recdag sql`: queries of the result tables."""

from __future__ import annotations

import csv
import json
import math
import sys
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from recdag.cli.terminal import console
from recdag.errors import RecdagError
from recdag.pipeline.project import Project


class Format(StrEnum):
    """How `recdag sql` prints rows."""

    table = "table"
    csv = "csv"
    json = "json"


def sql(
    query: str,
    format: Annotated[Format, typer.Option(help="How to print the rows.")] = Format.table,
) -> None:
    """Ask the result tables in data/recdag.duckdb, read-only: no other file is read or written."""
    names, rows = _answer(Project.open(), query)
    if format is Format.csv:
        csv.writer(sys.stdout, lineterminator="\n").writerows([names, *rows])
    elif format is Format.json:
        typer.echo(json.dumps([dict(zip(names, row, strict=True)) for row in rows], default=_plain))
    else:
        table = Table(*map(escape, names), box=None)
        for row in rows:
            table.add_row(*("NULL" if value is None else escape(str(value)) for value in row))
        console.print(table)


def _answer(project: Project, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The names of the columns, and the rows."""
    import duckdb

    project.published.ensure()
    try:
        with project.published.reading() as connection:
            connection.execute("set enable_external_access = false; set lock_configuration = true")
            connection.execute(query)
            rows = [tuple(map(_without_nan, row)) for row in connection.fetchall()]
            return [name for name, *_ in connection.description or []], rows
    except duckdb.Error as error:
        raise RecdagError(str(error), cure="The tables are listed by: recdag sql 'show tables'") from error


def _without_nan(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _plain(value: Any) -> float | str:
    """What JSON has no type for."""
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else str(value)
