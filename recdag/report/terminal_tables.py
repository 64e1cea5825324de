"""The result tables that a run shows in the terminal when it is done."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import duckdb
from rich.table import Table
from rich.text import Text

from recdag import words
from recdag.evaluation.metrics import metric_title
from recdag.papers.paper import Paper
from recdag.report import queries
from recdag.report.result_tables import result_table
from recdag.report.tables import Cell, ResultTable, StandsFor
from recdag.report.verdicts.evidence import SIMULATED
from recdag.report.verdicts.tally import VERDICTS

_MOST_METRICS = 3
TIES = (
    "Bold: the best of all that were measured. ≈: not significantly worse than it (paired test, p ≥ 0.05 "
    "by Holm's method)."
)
_STYLES = {"reproduced": "green", "higher": "blue", "lower": "red"}


def result_tables(
    connection: duckdb.DuckDBPyConnection,
    dataset: str,
    papers: Sequence[Paper],
    stands_for: StandsFor | None = None,
    models: Collection[str] = (),
) -> list[Table]:
    """One compact table a paper with results on `dataset`, best model first.

    Shows the paper's first metrics, and no epochs chosen on the test set: the page has them all.

    Args:
        connection: to the published file.
        papers: in the order wanted.
        stands_for: (our data set, protocol) -> the paper's data set that it stands for.
        models: the only ones to show; empty: all.
    """
    results = queries.read_results(connection, dataset)
    claims = queries.read_claims(connection)
    significance = queries.read_significance(connection, dataset)
    simulated = queries.read_simulated(connection)
    studies = queries.read_studies(connection)
    studies = studies[(studies["dataset"] == dataset) & (studies["series"].isin(models) | (not models))]
    tables = (
        result_table(
            results,
            paper.id,
            dataset,
            about=paper,
            claims=claims,
            significance=significance,
            stands_for=stands_for,
            simulated=simulated,
        )
        for paper in papers
    )
    warnings = {
        paper.id: [
            sentence
            for study in paper.studies
            for sentence in study.warnings(
                studies[(studies["paper"] == paper.id) & (studies["study"] == study.id)]
            )
        ]
        for paper in papers
    }
    return [_table(table, models, warnings[table.paper]) for table in tables if table]


def _table(result: ResultTable, models: Collection[str], notes: Sequence[str] = ()) -> Table:
    said = [f"{result.dataset} is {SIMULATED}"] if result.simulated else []
    said += notes
    counterpart = "" if result.stands_for == result.dataset else f" (stands for {result.stands_for})"
    table = Table(
        title=f"{result.paper} on {result.dataset}{counterpart}, {result.protocol}",
        caption="\n".join(said) or None,
        caption_justify="left",
        title_justify="left",
        title_style="bold",
        header_style="dim",
        box=None,
        padding=(0, 1, 0, 0),
    )
    rows = [row for row in result.rows if not row.on_test and (not models or row.model in models)]
    several = {row.model for row in rows if not row.headline}
    metrics = result.metrics[:_MOST_METRICS]
    with_claims = [
        any(cell is not None and cell.published is not None for cell in column)
        for column in zip(*(row.cells[: len(metrics)] for row in rows), strict=True)
    ]
    table.add_column("model", no_wrap=True)
    for metric, published in zip(metrics, with_claims, strict=True):
        table.add_column(metric_title(metric), justify="right", no_wrap=True)
        if published:
            table.add_column("published", justify="right", no_wrap=True)
    table.add_column("time", justify="right", no_wrap=True)
    for row in rows:
        cells = []
        for cell, published in zip(row.cells, with_claims, strict=False):
            cells.append(_value(cell))
            if published:
                cells.append(_published(cell))
        label = Text(row.model)
        if row.adapted:
            label.append(" (adapted)", style="dim")
        if row.model in several:
            label.append(f"\n  {row.variant}", style="dim")
        table.add_row(label, *cells, words.duration(row.seconds))
    return table


def _value(cell: Cell | None) -> Text:
    if cell is None:
        return Text("–", style="dim")
    text = Text(words.number(cell.value), style="bold" if cell.best else "")
    return text.append("≈" if cell.tied else " ", style="dim")


def _published(cell: Cell | None) -> Text:
    if cell is None or cell.published is None:
        return Text("")
    claim = cell.published
    text = Text(f"{words.printed(claim.value)} ")
    return text.append(
        f"{VERDICTS[claim.verdict][0]} {words.signed(claim.difference, 3)}", _STYLES[claim.verdict]
    )
