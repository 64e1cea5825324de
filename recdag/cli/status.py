"""`recdag status`: what a run would compute, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from recdag.cli import completion
from recdag.cli.terminal import console, errors
from recdag.errors import RecdagError
from recdag.graph.machine_errors import machine_error

if TYPE_CHECKING:
    from recdag.graph.asset_status import AssetStatus, DatasetStatus, State
    from recdag.graph.project import Project

_STATES: dict[State, str] = {
    "failed": "red", "stale": "yellow", "missing": "magenta", "follows": "cyan", "current": "green",
    "skipped": "dim", "not made": "dim",
}  # fmt: skip
_LONG: tuple[State, ...] = ("current", "not made")
"""Counted; listed only when all is."""
_TOGETHER = 4
"""So many neighbours of one paper that stand alike are one line."""


def status(
    dataset: Annotated[
        str | None,
        typer.Option(
            "--dataset", "-d", help="Only this data set of the catalogue.", autocompletion=completion.datasets
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every asset on a line of its own.")] = False,
) -> None:
    """List what is missing, stale (and why) or failed; changes nothing."""
    from recdag.graph.overview import project_status
    from recdag.graph.snapshot import Snapshot

    project = Snapshot.open()
    statuses = project_status(project, None if dataset is None else [dataset])
    made = [_with_failures(project, each) for each in statuses if each.made]
    untouched = [each.dataset for each in statuses if not each.made]
    for each in made:
        _show(each, everything)
    if untouched:
        console.print(f"Nothing made yet: {', '.join(untouched)}")
    if made and all(each.current for each in made):
        console.print("Nothing to do: all that has been made is current.")
    elif not made:
        console.print(f"Begin with: recdag run --dataset {(untouched or ['demo'])[0]}")


def _with_failures(project: Project, status: DatasetStatus) -> DatasetStatus:
    from recdag.orchestration.history import failures

    if not status.dataset or all(each.state in ("current", "skipped") for each in status.assets):
        return status
    try:
        return status.with_failures(failures(project.settings, status.dataset))
    except Exception as error:  # what stands can be told without what failed
        known = error if isinstance(error, RecdagError) else machine_error(error)
        if known is None:
            raise
        errors.print(f"What failed lately is not told: {escape(str(known))}", highlight=False, soft_wrap=True)
        return status


def _show(status: DatasetStatus, everything: bool) -> None:
    if status.problem:
        console.print(f"[bold]{status.dataset}[/]  [red]cannot be looked at:[/] {escape(status.problem)}")
        return
    counts = [
        f"[{colour}]{len(n)} {state}[/]" for state, colour in _STATES.items() if (n := status.of(state))
    ]
    console.print(f"[bold]{status.dataset or 'all data sets'}[/]  {', '.join(counts)}", highlight=False)
    table = Table.grid(padding=(0, 2))
    for state, colour in _STATES.items():
        if state in _LONG and not everything:
            continue
        for name, reasons in _lines(status.of(state), everything):
            table.add_row(f"  [{colour}]{state}[/]", name, escape("; ".join(reasons)))
    if table.row_count:
        console.print(table, highlight=False)


def _lines(statuses: Sequence[AssetStatus], everything: bool) -> Iterator[tuple[str, Sequence[str]]]:
    """What to call one or several assets that stand alike, and why they do."""
    for (_, reasons), members in groupby(statuses, lambda each: (each.asset.partition("/")[0], each.reasons)):
        names = [each.asset for each in members]
        if everything or len(names) < _TOGETHER:
            for name in names:
                yield name, reasons
        else:
            yield f"{names[0].partition('/')[0]}/… ({len(names)})", reasons
