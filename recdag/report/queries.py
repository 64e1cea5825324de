"""What the report reads from the published DuckDB file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import duckdb
import pandas as pd

from recdag.errors import DataError
from recdag.report.verdicts.tally import VERDICTS
from recdag.warehouse.published import PublishedDatabase

_RESULTS = """
    SELECT dataset, paper, protocol, model, coalesce(variant, '') AS variant, metric, users,
           coalesce(selection, '') AS selection,
           avg(value) AS value, avg(std_err) AS std_err, count(DISTINCT seed) AS seeds,
           max(n_users) AS n_users, avg(train_seconds) AS train_seconds,
           max(peak_memory_mb) AS peak_memory_mb, arg_max(device, created_at) AS device,
           any_value(budget_trials) AS budget_trials, any_value(budget_seconds) AS budget_seconds,
           arg_max(code_version, created_at) AS code_version,
           arg_max(data_version, created_at) AS data_version,
           arg_max(run_id, created_at) AS run_id, max(created_at) AS created_at
    FROM metrics
    WHERE study IS NULL AND ($dataset IS NULL OR dataset = $dataset)
    GROUP BY ALL
    ORDER BY dataset, paper, min(created_at), model, variant
"""

_SOURCES = """
    SELECT dataset, paper, model, coalesce(variant, '') AS variant, coalesce(selection, '') AS selection,
           list(DISTINCT seed ORDER BY seed) AS seeds, arg_max(run_id, created_at) AS run_id,
           arg_max(code_version, created_at) AS code_version,
           arg_max(data_version, created_at) AS data_version
    FROM metrics WHERE study IS NULL GROUP BY ALL
"""

_SEED_DEVIATIONS = """
    SELECT dataset, paper, series AS model, metric, any_value(value) AS deviation
    FROM studies WHERE statistic = 'seed deviation' GROUP BY ALL
"""

_CURVES = """
    SELECT dataset, paper, model, coalesce(variant, '') AS variant, phase, epoch, name, value
    FROM training_history
    WHERE name IN ('loss', 'validation') AND NOT starts_with(coalesce(phase, ''), 'final')
      AND fold IS NOT DISTINCT FROM (
        SELECT min(first.fold) FROM training_history AS first
        WHERE first.dataset = training_history.dataset AND first.paper = training_history.paper
    )
    ORDER BY dataset, paper, model, variant, name, step, epoch, seconds
"""


@contextmanager
def reading(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published file, open for reading.

    Raises:
        DataError: there is no such file, or it cannot be opened.
    """
    if not path.exists():
        raise DataError(
            "no results have been published yet", where=str(path), cure="Run: recdag run --dataset demo"
        )
    with PublishedDatabase(path).reading() as connection:
        yield connection


def read_results(connection: duckdb.DuckDBPyConnection, dataset: str | None = None) -> pd.DataFrame:
    """One row a (data set, paper, protocol, model, variant, metric, users, selection), the mean of seeds."""
    return connection.execute(_RESULTS, {"dataset": dataset}).df()


def read_datasets(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """The data sets that have results, in the published `datasets` table's columns."""
    return connection.execute(
        "SELECT * FROM datasets WHERE dataset IN (SELECT dataset FROM metrics) ORDER BY dataset"
    ).df()


def read_claims(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Every published number with its verdict, the compared ones first."""
    return connection.execute(
        "SELECT * FROM claims ORDER BY list_position($verdicts, verdict), rowid", {"verdicts": list(VERDICTS)}
    ).df()


def read_significance(connection: duckdb.DuckDBPyConnection, dataset: str | None = None) -> pd.DataFrame:
    """Differences between models with their adjusted p-values."""
    return connection.execute(
        "SELECT dataset, paper, metric, model_a, model_b, difference, p_adjusted FROM significance"
        " WHERE $dataset IS NULL OR dataset = $dataset",
        {"dataset": dataset},
    ).df()


def read_sources(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Seeds, run and versions of each (data set, paper, model, variant, selection)."""
    return connection.execute(_SOURCES).df()


def read_seed_deviations(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """How far single seeds are from each other: dataset, paper, model, metric, deviation."""
    return connection.execute(_SEED_DEVIATIONS).df()


def read_table(
    connection: duckdb.DuckDBPyConnection, name: Literal["recipes", "trainings", "trials"]
) -> pd.DataFrame:
    """A published table in the order of its rows."""
    return connection.execute(f"SELECT * FROM {name} ORDER BY rowid").df()


def read_simulated(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """The data sets that are simulated."""
    rows = connection.execute("SELECT dataset FROM datasets WHERE simulated").fetchall()
    return frozenset(dataset for (dataset,) in rows)


def read_notes(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], tuple[str, ...]]:
    """(data set, paper) -> what has to be known of the split, a sentence each."""
    rows = connection.execute(
        "SELECT dataset, split_part(asset, '/', 1), metadata FROM provenance"
        " WHERE ends_with(asset, '/trainings')"
    ).fetchall()
    return {(dataset, paper): tuple(json.loads(text).get("notes", ())) for dataset, paper, text in rows}


def read_studies(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """The published table `studies`, in the order in which each study gave its rows.

    Rows from before there were statistics are left out: their studies are to be run again, as status says.
    """
    return connection.execute("SELECT * FROM studies WHERE statistic IS NOT NULL ORDER BY rowid").df()


def read_curves(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Training loss and validation by phase and epoch, of the first fold, in the order of training."""
    return connection.execute(_CURVES).df()
