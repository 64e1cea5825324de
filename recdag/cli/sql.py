"""`recdag sql`: queries of the result tables."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

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
    import duckdb
    import pandas as pd

    project = Project.open()
    project.published.ensure()
    try:
        with project.published.reading() as connection:
            connection.execute("set enable_external_access = false; set lock_configuration = true")
            found = connection.execute(query).to_arrow_table()
    except duckdb.Error as error:
        raise RecdagError(str(error), cure="The tables are listed by: recdag sql 'show tables'") from error
    rows = found.to_pandas(types_mapper=pd.ArrowDtype)  # whole numbers stay whole beside NULL
    if format is Format.csv:
        typer.echo(rows.to_csv(index=False), nl=False)
    elif format is Format.json:
        typer.echo(rows.to_json(orient="records", date_format="iso", double_precision=15))
    else:
        table = Table(*map(escape, rows.columns), box=None)
        for row in rows.astype(object).where(rows.notna(), "NULL").itertuples(index=False):
            table.add_row(*(escape(str(value)) for value in row))
        console.print(table)
