"""The `recdag` command: what Dagster's own command line does not give."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from recdag.errors import RecdagError
from recdag.pipeline.project import Project

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)
datasets_app = typer.Typer(no_args_is_help=True, help="The data sets of the catalogue.")
app.add_typer(datasets_app, name="datasets")
console = Console()
errors = Console(stderr=True)

Dataset = Annotated[str, typer.Option("--dataset", "-d", help="A data set of the catalogue.")]


class Format(StrEnum):
    """How `recdag sql` prints rows."""

    table = "table"
    csv = "csv"
    json = "json"


@app.command()
def run(
    dataset: Dataset = "demo",
    paper: Annotated[str | None, typer.Option(help="Only what this paper's results need.")] = None,
    select: Annotated[
        str | None, typer.Option(help="Assets in Dagster's selection language, '+binarized' for example.")
    ] = None,
) -> None:
    """Materialize the graph for one data set; only what changed is computed."""
    from recdag.orchestration.display import RunDisplay
    from recdag.orchestration.run import materialize, paper_selection
    from recdag.papers.catalogue import PAPERS
    from recdag.papers.catalogue import paper as find_paper
    from recdag.report.terminal import result_tables

    if paper and select:
        raise RecdagError("--paper and --select exclude each other", cure="Give one of them")
    project = Project.open()
    project.dataset(dataset)
    project.published.ensure()
    selection = paper_selection(find_paper(paper).id) if paper else select
    try:
        with RunDisplay(console) as display:
            summary = materialize(project.settings, dataset, selection, display)
    except KeyboardInterrupt:
        errors.print("Stopped. What is finished is kept; run again to go on.")
        raise typer.Exit(130) from None
    for step, message in summary.failures:
        console.print(f"[red]{step}[/]: {message}", highlight=False)
    with project.published.reading() as connection:
        papers = [find_paper(paper)] if paper else list(PAPERS.values())
        for table in result_tables(connection, dataset, papers, project.stands_for):
            console.print(table)
    console.print(f"{display.computed} assets computed, {display.reused} unchanged and reused.")
    if project.settings.report.exists():
        console.print(f"Report: {project.settings.report}", soft_wrap=True)
    if not summary.success:
        raise typer.Exit(1)
    console.print("Next: make ui, and open http://127.0.0.1:3000")


@app.command()
def ui(
    port: Annotated[int, typer.Option(help="Port on the loopback interface.")] = 3000,
) -> None:
    """Open Dagster's web UI on this machine, with a history that is kept."""
    from recdag.orchestration.instance import prepare_home
    from recdag.settings import CHECKOUT, Settings

    home = prepare_home(Settings.from_environment())
    console.print(f"Dagster's web UI: http://127.0.0.1:{port} (Ctrl-C ends it)")
    command = [
        str(Path(sys.executable).with_name("dagster")), "dev",
        "-w", str(CHECKOUT / "workspace.yaml"), "-h", "127.0.0.1", "-p", str(port),
    ]  # fmt: skip
    os.execve(command[0], command, {**os.environ, "DAGSTER_HOME": str(home)})


@datasets_app.command("list")
def list_datasets() -> None:
    """Show the catalogue, and which data sets have their files at hand."""
    from recdag.datasets.files import find_files, search_folders

    project = Project.open()
    folders = search_folders(project.settings.data)
    table = Table("data set", "title", "files", "licence", box=None)
    for name, entry in sorted(project.catalogue.items()):
        at_hand = entry.simulated or find_files(entry, folders) is not None
        where = "here" if at_hand else "downloaded on first use" if entry.download else "to be placed by you"
        table.add_row(name, entry.title, where, entry.licence)
    console.print(table)


@app.command()
def sql(
    query: str,
    format: Annotated[Format, typer.Option(help="How to print the rows.")] = Format.table,
) -> None:
    """Ask the result tables in data/recdag.duckdb, read-only."""
    import duckdb

    project = Project.open()
    project.published.ensure()
    try:
        with project.published.reading() as connection:
            rows = connection.execute(query).df()
    except duckdb.Error as error:
        raise RecdagError(str(error), cure="The tables are listed by: recdag sql 'show tables'") from error
    if format is Format.csv:
        typer.echo(rows.to_csv(index=False), nl=False)
    elif format is Format.json:
        typer.echo(rows.to_json(orient="records", date_format="iso"))
    else:
        table = Table(*rows.columns, box=None)
        for row in rows.itertuples(index=False):
            table.add_row(*(str(value) for value in row))
        console.print(table)


def main() -> None:
    """Run the command; an error a user can act on is one line and a non-zero exit."""
    try:
        app()
    except RecdagError as error:
        errors.print(f"[red]recdag:[/] {error}", highlight=False, soft_wrap=True)
        code = 1
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    sys.stdout.flush()
    sys.stderr.flush()
    # All is written; DuckDB's binding would now report leaks of its own on the terminal.
    os._exit(code)
