"""`recdag datasets add`: a user's own file as a data set."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from recdag.cli.terminal import console
from recdag.datasets.import_hints import Encoding, ImportHints
from recdag.datasets.questions import NeedsAnswer, Question
from recdag.graph.project import Project

if TYPE_CHECKING:
    from recdag.datasets.adding import Preview
    from recdag.datasets.proposing import LogFile, Proposal

_MOST_SHOWN = 20
_COLUMN = "A column, by its name or its place from 1"
Column = Annotated[str | None, typer.Option(help=f"{_COLUMN}.", show_default=False)]
OptionalColumn = Annotated[
    str | None, typer.Option(help=f"{_COLUMN}; none: there is none.", show_default=False)
]
Text = Annotated[str | None, typer.Option(show_default=False)]


def add(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="CSV, TSV or Parquet, text also gzipped. BEHAVIOUR=FILE where each has one behaviour.",
        ),
    ],
    name: Annotated[
        str | None, typer.Option(help="Name of the data set; by default that of the file.")
    ] = None,
    title: Text = None,
    licence: Text = None,
    user: Column = None,
    item: Column = None,
    behaviour: OptionalColumn = None,
    rating: OptionalColumn = None,
    count: OptionalColumn = None,
    time: OptionalColumn = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(help=f"{_COLUMN}, that is left out whatever it looks like. May be repeated."),
    ] = None,
    items: Annotated[
        Path | None,
        typer.Option(
            help="A file with titles of the items: a column of items, and one called title or name."
        ),
    ] = None,
    target: Annotated[str | None, typer.Option(help="The behaviour to be predicted.")] = None,
    threshold: Annotated[
        float | None,
        typer.Option(help="The smallest rating or count that is a positive; without it, all are."),
    ] = None,
    time_format: Annotated[
        str | None, typer.Option(help="unix_s, unix_ms, iso, or a pattern such as %d/%m/%Y.")
    ] = None,
    separator: Annotated[
        str | None, typer.Option(help="The character between columns; found out by default.")
    ] = None,
    encoding: Annotated[
        Encoding | None, typer.Option(help="Encoding of the text; found out by default.")
    ] = None,
    copy: Annotated[bool, typer.Option("--copy", help="Copy the files instead of linking them.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a data set of this name.")] = False,
) -> None:
    """Describe files of your own as a data set of the catalogue, after a look into them."""
    from recdag.datasets.adding import check_name, try_out, write_entry
    from recdag.datasets.proposing import LogFile, default_name
    from recdag.graph.feasibility import skipped_papers

    logs = [LogFile.parse(each) for each in files]
    hints = ImportHints(
        name=name or default_name(logs), title=title, licence=licence, user=user, item=item,
        behaviour=behaviour, rating=rating, count=count, time=time, ignore=tuple(ignore or ()),
        target=target, threshold=threshold, time_format=time_format, separator=separator, encoding=encoding,
    )  # fmt: skip
    project = Project.open()
    check_name(hints.name or "", project.catalogue, force=force)
    proposal = _propose(logs, hints, items)
    preview = try_out(proposal)
    _show(proposal, preview)
    entry = write_entry(proposal, project.settings.added, project.settings.data, copy=copy)
    dataset = proposal.dataset.name
    console.print(f"Written: {entry}", soft_wrap=True, markup=False)
    for paper, reason in skipped_papers(proposal.dataset).items():
        console.print(f"Not for {paper}: {reason}", soft_wrap=True)
    console.print(f"Next: recdag run --dataset {dataset} --paper benchmark", soft_wrap=True)


def _propose(logs: Sequence[LogFile], hints: ImportHints, items: Path | None) -> Proposal:
    """The proposal; on a terminal, what the files do not tell is asked for."""
    from recdag.datasets.proposing import propose

    while True:
        try:
            return propose(logs, hints, items)
        except NeedsAnswer as error:
            if not (sys.stdin.isatty() and sys.stdout.isatty()):
                raise
            # The others may come out differently with this answer.
            hints = _ask(error.questions[0], hints)


def _ask(question: Question, hints: ImportHints) -> ImportHints:
    console.print(question.problem, highlight=False, markup=False)
    while True:
        answer = typer.prompt(f"{question.field} ({', '.join(question.choices)})", default=question.guess)
        try:
            return hints.answered(question.field, str(answer))
        except ValueError:
            console.print("Answer with a number.")


def _show(proposal: Proposal, preview: Preview) -> None:
    """The first rows as they were understood, and what was counted."""
    dataset, report = proposal.dataset, preview.report
    used = dataset.columns.used if dataset.columns else {}
    if used:
        kind = {"value": dataset.value_kind}
        line = ", ".join(f"{kind.get(role, role)} = {column}" for role, column in used.items())
        console.print(line, markup=False)
    if proposal.unused:
        more = len(proposal.unused) - _MOST_SHOWN
        listed = ", ".join(proposal.unused[:_MOST_SHOWN]) + (f" and {more:,} more" if more > 0 else "")
        console.print(f"Not used: {listed}", markup=False)
    if proposal.constant:
        console.print(f"Left out, the same in every row: {', '.join(proposal.constant)}", markup=False)
    headings = ("user", "item", "behaviour", dataset.value_kind, "time (UTC)")
    shown = [n for n in range(len(headings)) if any(row[n] is not None for row in preview.first)]
    table = Table(*(headings[n] for n in shown), box=None)
    for row in preview.first:
        table.add_row(*(_cell(row[n]) for n in shown))
    console.print(table)
    console.print(f"{report.rows:,} rows, {preview.users:,} users, {preview.items:,} items")
    for line in _facts(dataset, preview):
        console.print(line, markup=False)


def _cell(value: str | float | None) -> str:
    return "-" if value is None else f"{value:g}" if isinstance(value, float) else escape(value)


def _facts(dataset: Any, preview: Preview) -> list[str]:
    report = preview.report
    lines = []
    if len(report.behaviours) > 1:
        counted = ", ".join(f"{name} {rows:,}" for name, rows in report.behaviours.items())
        lines.append(f"Behaviours: {counted}; {dataset.target} is to be predicted")
    if preview.value_range is not None:
        low, high = preview.value_range
        least = f"from {dataset.min_value:g} on" if dataset.min_value is not None else "any"
        if dataset.min_value is None and dataset.value_kind == "count":
            least = "any above 0"
        lines.append(f"{dataset.value_kind.capitalize()}s from {low:g} to {high:g}; a positive is {least}")
        if dataset.value_kind == "rating" and dataset.min_value is None:
            lines[-1] += " (--threshold 4 would take high ones alone)"
    lines.append(
        f"Times from {preview.span[0]} to {preview.span[1]}"
        if preview.span
        else "No times: what protocols call a user's last items is drawn at random"
    )
    if preview.titles is not None:
        lines.append(f"Titles of {preview.titles:,} of {preview.items:,} items")
    if dataset.columns and dataset.columns.encoding == "latin-1":
        lines.append("Read as latin-1, for it is not UTF-8 throughout: look whether the letters are right")
    lines += [f"{rows:,} {what}" for what, rows in report.oddities.items()]
    return lines
