"""Reproduction records: how the numbers of each paper, model and data set came about, in Markdown."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from recdag.files import write_whole
from recdag.papers.paper import Paper
from recdag.recipes.budget import Budget
from recdag.recipes.origins import OURS, RUN
from recdag.report import queries
from recdag.report.result_tables import result_table
from recdag.report.row_provenance import RowProvenance, Setting, provenance_of
from recdag.report.tables import Cell, Column, ResultTable, Row, StandsFor
from recdag.report.templates import templates
from recdag.report.verdicts.evidence import SIMULATED


@dataclass(frozen=True)
class Size:
    """A line of the table of sizes; NaN where a number has no meaning or is not known."""

    name: str
    users: float
    items: float
    interactions: float


@dataclass(frozen=True)
class RecordRow:
    """One run of the model: its name, and what was measured."""

    name: str
    measured: tuple[tuple[Column, Cell], ...]
    seconds: float
    memory_mb: float
    device: str


@dataclass(frozen=True)
class Record:
    """Everything that a record says.

    Attributes:
        budget: of the search for hyperparameters; None where the recipe was taken.
        deviations: of all runs of the paper; own_settings: of this model.
        notes: on the split.
        bound: an epoch chosen is the last one allowed.
        training: its row of the published table `trainings`; None where it has none.
    """

    paper: str
    model: str
    dataset: str
    protocol: str
    stands_for: str
    simulated: bool
    bound: bool
    finished: pd.Timestamp
    rows: tuple[RecordRow, ...]
    command: str
    paper_command: str
    sizes: tuple[Size, ...]
    recipe: tuple[Setting, ...]
    chosen: Mapping[str, Any]
    budget: Budget | None
    deviations: tuple[str, ...]
    notes: tuple[str, ...]
    own_settings: tuple[str, ...]
    environment: Mapping[str, str]
    training: Mapping[str, Any] | None
    seeds: tuple[int, ...]
    run_id: str
    code_version: str
    data_version: str


def write_records(
    published: Path,
    folder: Path,
    *,
    papers: Mapping[str, Paper] | None = None,
    stands_for: StandsFor | None = None,
) -> list[Path]:
    """Write <folder>/<paper>/<model>/<dataset>.md for every model with results.

    Args:
        published: the published DuckDB file.
        papers: what is known of each paper.
        stands_for: (our data set, protocol) -> the paper's data set that it stands for.

    Raises:
        DataError: nothing has been published.
    """
    papers = papers or {}
    with queries.reading(published) as connection:
        results = queries.read_results(connection)
        claims = queries.read_claims(connection)
        sources = queries.read_sources(connection)
        recipes = queries.read_table(connection, "recipes")
        trainings = queries.read_table(connection, "trainings")
        simulated = queries.read_simulated(connection)
        notes = queries.read_notes(connection)
        datasets = queries.read_datasets(connection).set_index("dataset")

    template = templates(html=False).get_template("record.md.j2")
    written = []
    for paper, dataset in results[["paper", "dataset"]].drop_duplicates().itertuples(index=False):
        about = papers.get(paper)
        table = result_table(
            results,
            paper,
            dataset,
            about=about,
            claims=claims,
            stands_for=stands_for,
            trainings=trainings,
            simulated=simulated,
        )
        if table is None:
            continue
        provenance = provenance_of(table, sources, recipes)
        for record in _records(
            table, provenance, trainings, datasets, about, notes.get((dataset, paper), ())
        ):
            path = folder / paper / record.model / f"{dataset}.md"
            write_whole(template.render(record=record, about=about, SIMULATED=SIMULATED), path)
            written.append(path)
    return written


def _records(
    table: ResultTable,
    provenance: Sequence[RowProvenance],
    trainings: pd.DataFrame,
    datasets: pd.DataFrame,
    about: Paper | None,
    notes: tuple[str, ...],
) -> Iterator[Record]:
    for model in dict.fromkeys(row.model for row in table.rows):
        mine = [
            (row, source) for row, source in zip(table.rows, provenance, strict=True) if row.model == model
        ]
        row, source = next((pair for pair in mine if pair[0].headline), mine[0])
        training = _training(trainings, table, row)
        yield Record(
            paper=table.paper,
            model=model,
            dataset=table.dataset,
            protocol=table.protocol,
            stands_for=table.stands_for,
            simulated=table.simulated,
            bound=row.training is not None and row.training.stopped_by_bound,
            finished=table.finished,
            rows=tuple(_row(each, table.columns) for each, _ in mine),
            command=source.command,
            paper_command=table.command,
            sizes=(*_our_sizes(table, training, datasets), *_their_sizes(table, about)),
            recipe=source.recipe,
            chosen=json.loads(training["chosen"]) if training else {},
            budget=row.budget,
            deviations=tuple(about.deviations) if about else (),
            notes=notes,
            own_settings=tuple(_own_settings(source.recipe)),
            environment=json.loads(training["environment"]) if training else {},
            training=training,
            seeds=source.seeds,
            run_id=source.run_id,
            code_version=source.code_version,
            data_version=source.data_version,
        )


def _row(row: Row, columns: Sequence[Column]) -> RecordRow:
    name = ", ".join(filter(None, [row.model, row.variant.replace(",", ", ")]))
    if row.on_test:
        name += ", epoch chosen on test as published"
    pairs = zip(columns, row.cells, strict=True)
    measured = tuple((column, cell) for column, cell in pairs if cell)
    return RecordRow(name, measured, row.seconds, row.memory_mb, row.device)


def _training(trainings: pd.DataFrame, table: ResultTable, row: Row) -> dict[str, Any] | None:
    mine = trainings[
        (trainings["paper"] == table.paper)
        & (trainings["dataset"] == table.dataset)
        & (trainings["model"] == row.model)
        & (trainings["variant"].fillna("") == row.variant)
    ]
    return None if mine.empty else {str(name): value for name, value in mine.iloc[0].items()}


def _our_sizes(
    table: ResultTable, training: Mapping[str, Any] | None, datasets: pd.DataFrame
) -> Iterator[Size]:
    if table.dataset in datasets.index:
        whole = datasets.loc[[table.dataset]].to_dict("records")[0]
        yield Size(f"{table.dataset}, as loaded", whole["users"], whole["items"], whole["interactions"])
    if training:
        yield Size(
            "trained on", training["train_users"], training["train_items"], training["train_interactions"]
        )
        yield Size("held out for validation", training["validation_users"], math.nan, math.nan)
        yield Size("held out for test", training["test_users"], math.nan, training["test_interactions"])


def _their_sizes(table: ResultTable, about: Paper | None) -> Iterator[Size]:
    for size in about.sizes if about else ():
        beside = "" if size.dataset == table.stands_for else ", not this data set"
        interactions = math.nan if size.interactions is None else size.interactions
        name = f"the paper's {size.dataset} ({size.source}){beside}"
        yield Size(name, size.users, size.items, interactions)


def _own_settings(recipe: Sequence[Setting]) -> list[str]:
    """A line for every hyperparameter that is not the paper's, but ours or set for the run."""
    return [
        f"`{setting.name}` = {setting.value}: {setting.source}"
        for setting in recipe
        if setting.origin in (OURS, RUN)
    ]
