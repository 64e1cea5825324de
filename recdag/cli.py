"""The `recdag` command: what Dagster's own command line does not give."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
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
    study: Annotated[str | None, typer.Option(help="One study: ncf/layers, for example.")] = None,
    axis: Annotated[
        list[str] | None,
        typer.Option(help="Values of one axis of the study's grid: factors=8,16. May be repeated."),
    ] = None,
    studies: Annotated[
        bool, typer.Option("--studies", help="Also the studies that train many models.")
    ] = False,
    budget: Annotated[
        str, typer.Option(help="Tune each model of the paper first: 20 trials, or 600s. 0: no tuning.")
    ] = "0",
) -> None:
    """Materialize the graph for one data set; only what changed is computed."""
    from recdag.orchestration.display import RunDisplay
    from recdag.orchestration.run import materialize
    from recdag.papers.catalogue import PAPERS
    from recdag.papers.catalogue import paper as find_paper
    from recdag.report.terminal import result_tables

    selection = _selection(paper, study, studies, select)
    config: dict[str, dict[str, Any]] = {study or "": _axes(study, axis)} if axis else {}
    project = Project.open()
    project.dataset(dataset)
    config |= _budgets(project, paper, budget)
    project.published.ensure()
    try:
        with RunDisplay(console) as display:
            summary = materialize(project.settings, dataset, selection, display, config)
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


def _selection(paper: str | None, study: str | None, studies: bool, select: str | None) -> str:
    """The assets asked for, in Dagster's selection language."""
    from recdag.orchestration.run import selection_of, study_selection
    from recdag.papers.catalogue import paper as find_paper

    if sum(option is not None for option in (paper, study, select)) > 1:
        raise RecdagError("--paper, --study and --select exclude each other", cure="Give one of them")
    if select:
        return select
    if study:
        name, _, of_paper = study.partition("/")
        return study_selection(name, find_paper(name).study(of_paper).id)
    return selection_of(find_paper(paper).id if paper else None, studies)


def _budgets(project: Project, paper: str | None, budget: str) -> dict[str, dict[str, Any]]:
    """The same budget for every model of a paper."""
    from recdag.papers.catalogue import paper as find_paper
    from recdag.pipeline.tuned import Budget

    if Budget.parse(budget) is None:
        return {}
    if paper is None:
        raise RecdagError("--budget needs a paper", cure="Name it: --paper benchmark, for example")
    nodes, recipe = find_paper(paper).nodes, project.recipe(paper)
    if not any(recipe.space(model) for model in nodes):
        raise RecdagError(
            f"the recipe of {paper} has nothing to search",
            where=str(recipe.path),
            cure="Say what to try: search: [16, 32] or search: {low: 0.001, high: 1, log: true}",
        )
    return {f"{paper}/{model}": {"budget": budget} for model in nodes}


def _axes(study: str | None, given: list[str]) -> dict[str, list[Any]]:
    """The values given for axes of a study's grid, in the type of its own values."""
    from recdag.papers.catalogue import paper as find_paper
    from recdag.papers.study import Grid

    if study is None:
        raise RecdagError("--axis needs a study", cure="Name it: --study ncf/layers, for example")
    paper, _, name = study.partition("/")
    declared = find_paper(paper).study(name)
    known = declared.axes if isinstance(declared, Grid) else {}
    chosen = {}
    for entry in given:
        axis, _, values = entry.partition("=")
        if axis not in known or not values:
            raise RecdagError(
                f"--axis {entry!r} names no axis of {study}",
                cure=f"Write NAME=VALUE,VALUE with one of: {', '.join(known) or 'none, it has no grid'}",
            )
        kind = type(known[axis][0])
        try:
            chosen[axis] = [kind(value) for value in values.split(",")]
        except ValueError as error:
            raise RecdagError(
                f"--axis {entry!r}: {error}", cure=f"Give values of type {kind.__name__}"
            ) from error
    return chosen


@app.command()
def recommend(
    model: Annotated[str, typer.Option(help="A trained model, PAPER/MODEL: benchmark/ease, for example.")],
    dataset: Dataset = "demo",
    user: Annotated[str | None, typer.Option(help="A user of the data set, by her own key.")] = None,
    items: Annotated[
        str | None, typer.Option(help="Item keys, KEY,KEY,...: what someone unseen has chosen.")
    ] = None,
    similar_to: Annotated[str | None, typer.Option(help="An item key: what is like it.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="A .parquet or .csv file for the lists of all users.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Length of a list.")] = 20,
) -> None:
    """Recommend from a trained model: to a user, from a basket, by an item, or to everybody."""
    from recdag.pipeline.recommending import open_service, write_recommendations

    if sum(option is not None for option in (user, items, similar_to, out)) != 1:
        raise RecdagError(
            "it is not clear for whom to recommend",
            cure="Give one of --user, --items, --similar-to and --out",
        )
    service = open_service(Project.open(), dataset, model)
    if out is not None:
        console.print(f"{write_recommendations(service, out, top)} rows written to {out}")
        return
    if user is not None:
        rows = service.for_user(user, top)
    elif items is not None:
        rows = service.for_items([key.strip() for key in items.split(",")], top)
    else:
        rows = service.similar(similar_to or "", top)
    table = Table("rank", "item", "title", "score", box=None)
    for row in rows.to_dict("records"):
        title = escape(row["title"]) if isinstance(row["title"], str) else ""
        table.add_row(str(row["rank"]), escape(row["item_key"]), title, f"{row['score']:.4g}")
    console.print(table)


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
