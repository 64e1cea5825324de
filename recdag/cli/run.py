"""`recdag run`: materialize the graph in this process."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.markup import escape

from recdag.cli import completion
from recdag.cli.terminal import Dataset, console, errors
from recdag.errors import RecdagError
from recdag.pipeline.project import Project
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
    select: Annotated[
        str | None, typer.Option(help="Assets in Dagster's selection language, '+binarized' for example.")
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
        str, typer.Option(help="Tune each model of the paper first: 20 trials, or 600s. 0: no tuning.")
    ] = "0",
) -> None:
    """Materialize the graph for one data set; only what changed is computed."""
    from recdag.orchestration.display import RunDisplay
    from recdag.orchestration.run import materialize
    from recdag.orchestration.stopping import stop_on_signals
    from recdag.papers.catalogue import PAPERS
    from recdag.papers.catalogue import paper as find_paper
    from recdag.pipeline.applicability import refused
    from recdag.report.terminal import result_tables

    selection = _selection(paper, study, studies, select)
    config: dict[str, dict[str, Any]] = {study or "": _axes(study, axis)} if axis else {}
    project = Project.open()
    project.dataset(dataset)
    config |= _budgets(project, paper, budget)
    project.published.ensure()

    def tell(message: str) -> None:
        console.print(message, highlight=False, markup=False)

    stop_on_signals()
    try:
        with RunDisplay(console) as display:
            summary = materialize(project.settings, dataset, selection, display, config, tell, display.expect)
    except KeyboardInterrupt:
        errors.print("Stopped. What is finished is kept; run again to go on.")
        raise typer.Exit(130) from None
    for step, message in summary.failures:
        console.print(f"[red]{step}[/]: {escape(message)}", highlight=False)
    concerned = {asset.partition("/")[0] for asset in display.left_out}
    left_out = refused(project, dataset, [name for name in PAPERS if name in concerned])
    for name, reason in left_out.items():
        told = f"[yellow]{name} left out on {dataset}:[/] {escape(reason)}"
        console.print(told, highlight=False, soft_wrap=True)
    with project.published.reading() as connection:
        papers = [find_paper(paper)] if paper else list(PAPERS.values())
        for table in result_tables(connection, dataset, papers, project.stands_for):
            console.print(table)
    assets = "asset" if display.computed == 1 else "assets"
    console.print(f"{display.computed} {assets} computed, {display.reused} unchanged and reused.")
    if project.settings.report.exists():
        console.print(f"Report: {project.settings.report}", soft_wrap=True)
    if not summary.success or paper in left_out:
        raise typer.Exit(1)
    console.print(f"Next: {'make ui' if CHECKOUT else 'recdag ui'}, and open http://127.0.0.1:3000")


def _selection(paper: str | None, study: str | None, studies: bool, select: str | None) -> str:
    """The assets asked for, in Dagster's selection language."""
    from recdag.orchestration.run import selection_of, study_selection
    from recdag.papers.catalogue import paper as find_paper
    from recdag.papers.catalogue import study as find_study

    if sum(option is not None for option in (paper, study, select)) > 1:
        raise RecdagError("--paper, --study and --select exclude each other", cure="Give one of them")
    if studies and (study or select):
        raise RecdagError("--studies adds to a paper or to all of them", cure="Leave it away")
    if select:
        return select
    if study:
        of_paper, found = find_study(study)
        return study_selection(of_paper.id, found.id)
    return selection_of(find_paper(paper).id if paper else None, studies)


def _budgets(project: Project, paper: str | None, budget: str) -> dict[str, dict[str, Any]]:
    """The same budget for every model of a paper."""
    from recdag.papers.catalogue import paper as find_paper
    from recdag.pipeline.request import Budget

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
    from recdag.papers.catalogue import study as find_study
    from recdag.papers.study import Sweep

    if study is None:
        raise RecdagError("--axis needs a study", cure="Name it: --study ncf/layers, for example")
    _, declared = find_study(study)
    known = declared.axes if isinstance(declared, Sweep) else {}
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
