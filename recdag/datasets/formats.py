"""Staging: a data set's files as five tables of one form, whatever the format.

    staged_events(user_key VARCHAR, item_key VARCHAR, behaviour VARCHAR, value DOUBLE, time BIGINT)
    staged_items(item_key VARCHAR, title VARCHAR)
    staged_users(user_key VARCHAR, attributes VARCHAR)
    staged_split(part VARCHAR, user_key VARCHAR, item_key VARCHAR)
    staged_candidates(user_key VARCHAR, item_key VARCHAR, position INTEGER)

Value is NULL where the files have none; time is in unix seconds, NULL where unknown. The last two
tables hold rows only where a split is published with the data: part is train or test; candidates
are the published negatives in the order of the file, from position 1. DuckDB parses the files as a
stream; no row passes through Python.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from recdag.datasets.entry import Dataset
from recdag.datasets.file_search import FoundFiles
from recdag.datasets.metadata import stage_items, stage_users
from recdag.datasets.rawfile import RawFile
from recdag.datasets.readers import raw_files
from recdag.datasets.simulator import stage_simulation
from recdag.datasets.textfiles import line_source
from recdag.datasets.validation import events_query, find_fault
from recdag.errors import DataError
from recdag.sql_text import literal

SPLIT_REPEATS = "repeats in the published split, stored once"
_ROWS_PER_PASS = 25_000_000
_KEYS = ("user_key", "item_key")
_BLANKS = " \t\u00a0"
_VOID = ("null", "nan", "none", "n/a", "#n/a", "na", "nil", "undefined", "(null)", "(not set)")
_NEGATIVES_LINE = r"'\([^,\t()]+,[^,\t()]+\)(\t[^\t]+)+'"


@dataclass(frozen=True)
class StageReport:
    """What was read, and what in it is worth knowing.

    Attributes:
        rows: events.
        behaviours: behaviour -> rows.
        has_time: every event has a time.
        has_value: the data set has values.
        oddities: what -> rows, only where there are any: repeats of another row, values out of the
            expected range, values of 0, unknown times. All those rows are kept as events; those that a
            published split repeats are in the split once.
    """

    rows: int
    behaviours: dict[str, int]
    has_time: bool
    has_value: bool
    oddities: dict[str, int] = field(default_factory=dict)


def stage(connection: duckdb.DuckDBPyConnection, dataset: Dataset, files: FoundFiles) -> StageReport:
    """Create the staged tables in `connection` as temporary tables.

    Sets preserve_insertion_order, so that events lie in the order of the files.

    Args:
        connection: to any database; may be inside a transaction.
        dataset: the catalogue entry.
        files: its files.

    Raises:
        DataError: names the file, the line and what to do.
    """
    connection.execute("SET preserve_insertion_order = true")
    _empty_split(connection)
    split_repeats = 0
    if dataset.simulated:
        stage_simulation(connection, dataset)
    else:
        _stage_events(connection, dataset, raw_files(connection, dataset, files))
        stage_items(connection, files)
        stage_users(connection, files)
        if files.source.format == "ncf":
            split_repeats = _stage_published_split(connection, dataset, files)
    return _report(connection, dataset, files, split_repeats)


def _stage_events(connection: duckdb.DuckDBPyConnection, dataset: Dataset, files: list[RawFile]) -> None:
    try:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE staged_events AS {events_query(dataset, files)}")
    except (duckdb.InvalidInputException, duckdb.IOException, duckdb.ConversionException):
        with connection.cursor() as cursor:
            find_fault(cursor, dataset, files)
        raise


def _empty_split(connection: duckdb.DuckDBPyConnection) -> None:
    for table, columns in (
        ("staged_split", "part VARCHAR, user_key VARCHAR, item_key VARCHAR"),
        ("staged_candidates", "user_key VARCHAR, item_key VARCHAR, position INTEGER"),
    ):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} ({columns})")


def _stage_published_split(connection: duckdb.DuckDBPyConnection, dataset: Dataset, files: FoundFiles) -> int:
    """The split of the files, each pair of a part once: NCF's Pinterest repeats 2.6 % of its training rows.

    Returns:
        How many rows repeated another one of their part.
    """
    for part in ("train", "test"):
        chosen = FoundFiles(files.dataset, files.source, {part: files.paths[part]})
        rows = events_query(dataset, raw_files(connection, dataset, chosen))
        connection.execute(
            f"INSERT INTO staged_split SELECT DISTINCT '{part}', user_key, item_key FROM ({rows})"
        )
    if "negatives" in files.paths:
        _stage_negatives(connection, files.paths["negatives"])
    counted = connection.execute(
        "SELECT (SELECT count(*) FROM staged_events) - (SELECT count(*) FROM staged_split)"
    ).fetchone()
    assert counted is not None
    return int(counted[0])


def _stage_negatives(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    _check_negatives(connection, path)
    connection.execute(
        f"""INSERT INTO staged_candidates
        SELECT user_key, unnest(items), unnest(range(1, len(items) + 1)) FROM (
            SELECT regexp_extract(c1, '^\\(([^,]+),', 1) AS user_key,
                string_split(rtrim(c1), '\t')[2:] AS items
            FROM {line_source(path)} WHERE c1 IS NOT NULL)"""
    )


def _check_negatives(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    lines = f"(SELECT rtrim(c1) AS text, row_number() OVER () AS row FROM {line_source(path)})"
    tested = "SELECT '(' || user_key || ',' || item_key || ')' FROM staged_split WHERE part = 'test'"
    bad = connection.execute(
        f"""SELECT row, NOT regexp_full_match(text, {_NEGATIVES_LINE}) AS wrong_form, text[:40] FROM {lines}
        WHERE text IS NOT NULL AND (wrong_form OR split_part(text, '\t', 1) NOT IN ({tested}))
        ORDER BY row LIMIT 1"""
    ).fetchone()
    if bad:
        row, wrong_form, text = bad
        problem = (
            "The line is not `(user,item)` and items" if wrong_form else "No test row has this user and item"
        )
        raise DataError(
            f"{problem}: {text!r}",
            where=f"{path}, line {row}",
            cure="Fetch the files of the split again; they have to be of one edition.",
        )


def _report(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, files: FoundFiles, split_repeats: int
) -> StageReport:
    low, high = dataset.value_range or (0.0, float("inf"))
    counts = connection.execute(
        """SELECT count(*), count(time), count(value), count(*) FILTER (value = 0),
            count(*) FILTER (value < $low OR value > $high) FROM staged_events""",
        {"low": low, "high": high},
    ).fetchone()
    assert counts is not None
    rows, timed, valued, zeros, outside = counts
    if rows == 0:
        raise DataError(
            "There are no interactions in the files",
            where=", ".join(str(path) for path in files.paths.values()) or dataset.name,
            cure="Fetch them again, or point to other files.",
        )
    behaviours = connection.execute(
        "SELECT behaviour, count(*) FROM staged_events GROUP BY behaviour ORDER BY behaviour"
    ).fetchall()
    oddities = {
        "repeats of another row": _repeats(connection, rows),
        SPLIT_REPEATS: split_repeats,
        "values out of range": outside,
        "values of 0": zeros,
        "unknown times": rows - timed if timed else 0,
        **_odd_names(connection),
    }
    return StageReport(
        rows=rows,
        behaviours=dict(behaviours),
        has_time=timed == rows,
        has_value=valued > 0,
        oddities={what: count for what, count in oddities.items() if count},
    )


def _odd_names(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Users and items whose names look like slips: they are taken as they are, each a name of its own."""
    blank = " OR ".join(f"{key} <> trim({key}, {literal(_BLANKS)})" for key in _KEYS)
    void = " OR ".join(f"lower(trim({key})) IN {_VOID}" for key in _KEYS)
    composed = " UNION ALL ".join(
        f"SELECT nfc_normalize({key}) FROM (SELECT DISTINCT {key} FROM staged_events"
        f" WHERE strlen({key}) <> length({key})) GROUP BY ALL HAVING count(*) > 1"
        for key in _KEYS
    )
    counted = connection.execute(
        f"SELECT count(*) FILTER ({blank}), count(*) FILTER ({void}), (SELECT count(*) FROM ({composed}))"
        " FROM staged_events"
    ).fetchone()
    assert counted is not None
    return dict(
        zip(
            (
                "users or items with blanks around their names",
                "users or items called NULL, nan or the like",
                "users or items written in two ways that look alike, é as one letter and as e with an accent",
            ),
            counted,
            strict=True,
        )
    )


def _repeats(connection: duckdb.DuckDBPyConnection, rows: int) -> int:
    """Rows that equal an earlier one, counted by 64-bit hashes in passes of bounded memory."""
    passes = rows // _ROWS_PER_PASS + 1
    digest = "hash(user_key, item_key, behaviour, value, time)"
    distinct = 0
    for k in range(passes):
        counted = connection.execute(
            f"SELECT count(DISTINCT digest) FROM (SELECT {digest} AS digest FROM staged_events) "
            f"WHERE digest % {passes} = {k}"
        ).fetchone()
        assert counted is not None
        distinct += counted[0]
    return rows - distinct
