"""The `recdag` command: what Dagster's own command line does not give."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from importlib.metadata import version
from typing import Annotated

import typer
from rich.markup import escape

from recdag.cli import datasets
from recdag.cli.encoding import write_what_the_terminal_knows
from recdag.cli.listing import models, papers, studies
from recdag.cli.recommend import recommend
from recdag.cli.run import run
from recdag.cli.sql import sql
from recdag.cli.status import status
from recdag.cli.terminal import errors
from recdag.cli.ui import ui
from recdag.cli.verify import verify
from recdag.errors import RecdagError
from recdag.graph.machine_errors import machine_error

app = typer.Typer(no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False)
for command in (run, status, recommend, ui, sql, papers, models, studies, verify):
    app.command()(command)
app.add_typer(datasets.app, name="datasets")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"recdag {version('recdag')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """The `recdag` command: what Dagster's own command line does not give."""


def main() -> None:
    """Run the command; an error a user can act on is one line and a non-zero exit."""
    write_what_the_terminal_knows()
    try:
        app()
    except Exception as error:
        shown = error if isinstance(error, RecdagError) else machine_error(error) or _unforeseen(error)
        errors.print(f"[red]recdag:[/] {escape(str(shown))}", highlight=False, soft_wrap=True)
        code = 1
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    sys.stdout.flush()
    sys.stderr.flush()
    # All is written; DuckDB's binding would now report leaks of its own on the terminal.
    os._exit(code)


def _unforeseen(error: Exception) -> RecdagError:
    """An error that nobody has thought of; all that is known of it goes into a file."""
    with tempfile.NamedTemporaryFile("w", prefix="recdag-", suffix=".log", delete=False) as file:
        file.writelines(traceback.format_exception(error))
    message = " ".join(str(error).split())[:200]
    return RecdagError(
        f"{type(error).__name__}: {message}",
        cure=f"This should not happen; the full traceback is in {file.name}",
    )
