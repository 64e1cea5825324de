"""`recdag run`: materialize the graph in this process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.markup import escape

from recdag.cli import completion
from recdag.cli.run_options import RunOptions
from recdag.cli.terminal import Dataset, console, errors
from recdag.graph.project import Project
from recdag.settings import CHECKOUT


def run(
    dataset: Dataset = "demo",
    paper: Annotated[
        str | None,
        typer.Option(
            help="Only what this paper's results need; recdag papers lists them.",
            autocompletion=completion.papers,
        ),
    ] = None,
    models: Annotated[
        str | None,
        typer.Option(
            help="Only these models, NAME,NAME, and their results: of the benchmark, or of --paper.",
            autocompletion=completion.model_names,
        ),
    ] = None,
    select: Annotated[
        str | None,
        typer.Option(
            help="Assets in Dagster's selection language: binarized; +ncf/gmf is ncf/gmf and all it needs."
        ),
    ] = None,
    study: Annotated[
        str | None,
        typer.Option(
            help="One study: ncf/layers, for example; recdag studies lists them.",
            autocompletion=completion.studies,
        ),
    ] = None,
    axis: Annotated[
        list[str] | None,
        typer.Option(help="Values of one axis of the study's grid: factors=8,16. May be repeated."),
    ] = None,
    studies: Annotated[
        bool, typer.Option("--studies", help="Also the studies that train many models.")
    ] = False,
    budget: Annotated[
        str, typer.Option(help="Tune each of the models first: 20 trials, or 600s. 0: no tuning.")
    ] = "0",
) -> None:
    """Materialize the graph for one data set; only what changed is computed."""
    from recdag.graph.feasibility import skipped_assets
    from recdag.orchestration.display import RunDisplay
    from recdag.orchestration.runs import materialize
    from recdag.orchestration.stopping import stop_on_signals
    from recdag.papers.catalogue import PAPERS

    options = RunOptions.parse(paper, models, study, select, axis, studies)
    project = Project.open()
    project.dataset(dataset)
    config = options.config(project, budget)
    project.published.ensure()

    def notify(message: str) -> None:
        console.print(message, highlight=False, markup=False)

    stop_on_signals()
    try:
        with RunDisplay(console) as display:
            summary = materialize(
                project.settings, dataset, options.selection, display, config, notify, display.expect
            )
    except KeyboardInterrupt:
        errors.print("Stopped. What is finished is kept; run again to go on.")
        raise typer.Exit(130) from None
    for step, message in summary.failures:
        console.print(f"[red]{step}[/]: {escape(message)}", highlight=False)
    concerned = {asset.partition("/")[0] for asset in display.skipped}
    skipped = skipped_assets(project, dataset, [name for name in PAPERS if name in concerned])
    for name, reason in skipped.items():
        line = f"[yellow]{name} skipped on {dataset}:[/] {escape(reason)}"
        console.print(line, highlight=False, soft_wrap=True)
    _show_results(
        project, dataset, [name for name in PAPERS if f"{name}/evaluation" in summary.assets], options
    )
    assets = "asset" if display.computed == 1 else "assets"
    console.print(f"{display.computed} {assets} computed, {display.reused} unchanged and reused.")
    if project.settings.report.exists():
        console.print(f"Report: {project.settings.report}", soft_wrap=True)
    if not summary.success or (options.paper and options.paper.id in skipped):
        raise typer.Exit(1)
    console.print(f"Next: {'make ui' if CHECKOUT else 'recdag ui'}, and open http://127.0.0.1:3000")


def _show_results(project: Project, dataset: str, papers: Sequence[str], options: RunOptions) -> None:
    """The tables of the papers that were evaluated, of the models that were asked for."""
    from recdag.papers.catalogue import PAPERS
    from recdag.report.terminal_tables import TIES, result_tables

    with project.published.reading() as connection:
        tables = result_tables(
            connection, dataset, [PAPERS[name] for name in papers], project.stands_for, options.models
        )
    for table in tables:
        console.print(table)
        console.print()
    if tables:
        console.print(TIES, style="dim", highlight=False)
