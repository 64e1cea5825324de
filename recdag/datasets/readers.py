"""How DuckDB reads each file format as text columns.

Every reader gives a query with the columns user, item, behaviour, value, time, all VARCHAR and NULL
where the file has none. Numbers and times are made of them in `validation`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb

from recdag.datasets.entry import Column, Columns, Dataset, Source
from recdag.datasets.file_search import FoundFiles
from recdag.datasets.npz import read_matrix
from recdag.datasets.rawfile import RawFile, row_number, select_fields
from recdag.datasets.textfiles import csv_source, first_fields, first_line, line_of, line_source
from recdag.errors import DataError
from recdag.sql_text import quoted, reader

LAYOUTS = {
    "movielens_dat": Columns(user=1, item=2, value=3, time=4, separator="::"),
    "movielens_csv": Columns(user="userId", item="movieId", value="rating", time="timestamp", separator=","),
    "movielens_udata": Columns(user=1, item=2, value=3, time=4, separator="\t"),
    "ncf": Columns(user=1, item=2, time=4, separator="\t"),
    "userbehavior": Columns(user=1, item=2, behaviour=4, time=5, separator=","),
    "retailrocket": Columns(
        user="visitorid",
        item="itemid",
        behaviour="event",
        time="timestamp",
        separator=",",
        time_format="unix_ms",
    ),
}
_NO_QUOTES = ("movielens_dat", "movielens_udata", "ncf", "triplets")


def raw_files(connection: duckdb.DuckDBPyConnection, dataset: Dataset, files: FoundFiles) -> list[RawFile]:
    """A reader for each file of interactions.

    Raises:
        DataError: a file is empty, damaged or lacks a column.
    """
    source = files.source
    if source.format == "lists":
        return [
            _lists(path, role.split(".")[0])
            for behaviour in dataset.all_behaviours
            for role, path in files.paths.items()
            if role.split(".")[0] == behaviour
        ]
    if source.format == "ncf":
        paths = files.of_kind("train") + files.of_kind("test")
        return [
            replace(_table(connection, path, source, dataset.target), zero_time_is_unknown=True)
            for path in paths
        ]
    paths = files.of_kind("events")
    if source.format == "netflix":
        return [_netflix(path, dataset.target) for path in paths]
    if source.format == "amazon_json":
        return [_amazon_json(path, dataset.target) for path in paths]
    if source.format == "npz":
        return [read_matrix(connection, path, dataset.target, f"npz_{n}") for n, path in enumerate(paths)]
    return [
        (_parquet if path.suffix == ".parquet" else _table)(
            connection, path, source, _behaviour(role, dataset)
        )
        for role, path in files.paths.items()
        if role.split(".")[0] == "events"
    ]


def _behaviour(role: str, dataset: Dataset) -> str:
    """That of a file's rows where it has no such column: `events.view` holds views."""
    named = role.split(".")[1:2]
    return named[0] if named and named[0] in dataset.all_behaviours else dataset.target


def _numbered_lines(path: Path, numbered: bool) -> str:
    return f"(SELECT c1, {row_number(numbered)} FROM {line_source(path)})"


def _table(connection: duckdb.DuckDBPyConnection, path: Path, source: Source, behaviour: str) -> RawFile:
    columns = source.columns or LAYOUTS.get(source.format) or _triplet_columns(path)
    first_line(path, columns.encoding)
    separator = columns.separator or _find_separator(connection, path, columns)
    quote = "" if source.format in _NO_QUOTES else '"'
    names = first_fields(path, separator=separator, quote=quote, encoding=columns.encoding)
    places = {name: _place(column, names, columns.has_header, path) for name, column in columns.used.items()}
    function = csv_source(
        path,
        len(names),
        separator=separator,
        quote=quote,
        header=columns.has_header,
        encoding=columns.encoding,
    )
    expressions = {name: quoted(f"c{place}") for name, place in places.items()}

    def line(row: int) -> int:
        return line_of(path, row + columns.has_header, columns.encoding, separator, quote)

    return RawFile(
        path,
        lambda numbered: select_fields(expressions, function, numbered),
        frozenset(expressions),
        behaviour,
        columns.time_format,
        line=line,
    )


def _triplet_columns(path: Path) -> Columns:
    line = first_line(path)
    separator = next((sign for sign in ("\t", ",", ";") if sign in line), " ")
    fields = line.split(separator)
    try:
        float(fields[min(2, len(fields) - 1)])
        header = False
    except ValueError:
        header = True
    return Columns(user=1, item=2, value=3, separator=separator, header=header)


def _find_separator(connection: duckdb.DuckDBPyConnection, path: Path, columns: Columns) -> str:
    call = reader(
        "sniff_csv", path, all_varchar=True, ignore_errors=True, null_padding=True, encoding=columns.encoding
    )
    try:
        row = connection.execute(f"SELECT Delimiter FROM {call}").fetchone()
    except duckdb.Error as error:
        raise DataError(
            "The separator of the columns cannot be found out",
            where=str(path),
            cure="Name it as `separator` of `columns`.",
        ) from error
    assert row is not None
    return str(row[0])


def _place(column: Column, names: list[str], header: bool, path: Path) -> int:
    """1-based position of a column."""
    if isinstance(column, int):
        if column <= len(names):
            return column
        raise DataError(
            f"Column {column} is missing, the first line has {len(names)}",
            where=f"{path}, line 1",
            cure="Check the format, the separator and the positions of the columns.",
        )
    stripped = [name.strip() for name in names]
    if header and column in stripped:
        return stripped.index(column) + 1
    shown = ", ".join(stripped[:20])
    raise DataError(
        f"There is no column {column!r}; the first line has: {shown}",
        where=f"{path}, line 1",
        cure="Correct the column mapping or the separator.",
    )


def _parquet(connection: duckdb.DuckDBPyConnection, path: Path, source: Source, behaviour: str) -> RawFile:
    columns = source.columns
    assert columns is not None
    function = reader("read_parquet", path)
    try:
        schema = connection.execute(f"DESCRIBE SELECT * FROM {function}").fetchall()
    except duckdb.Error as error:
        raise DataError(
            "This is not a whole Parquet file", where=str(path), cure="Fetch it again."
        ) from error
    names, types = [row[0] for row in schema], [row[1] for row in schema]
    places = {name: _place(column, names, True, path) for name, column in columns.used.items()}
    expressions = {name: quoted(names[place - 1]) for name, place in places.items()}
    is_date = "time" in places and types[places["time"] - 1].startswith(("TIMESTAMP", "DATE"))
    if is_date:
        expressions["time"] = f"epoch({expressions['time']})::BIGINT"
    return RawFile(
        path,
        lambda numbered: select_fields(expressions, function, numbered),
        frozenset(expressions),
        behaviour,
        "unix_s" if is_date else columns.time_format,
    )


def _amazon_json(path: Path, behaviour: str) -> RawFile:
    names = {"user": "reviewerID", "item": "asin", "value": "overall", "time": "unixReviewTime"}
    function = reader(
        "read_json", path, format="newline_delimited", columns={name: "VARCHAR" for name in names.values()}
    )
    expressions = {name: quoted(column) for name, column in names.items()}
    first_line(path)
    return RawFile(
        path,
        lambda numbered: select_fields(expressions, function, numbered),
        frozenset(names),
        behaviour,
        line=lambda row: row,
    )


def _lists(path: Path, behaviour: str) -> RawFile:
    first_line(path)

    def query(numbered: bool) -> str:
        lines = _numbered_lines(path, numbered)
        words = (
            f"SELECT string_split_regex(trim(c1), '[ \\t,]+') AS words, row FROM {lines} WHERE c1 IS NOT NULL"
        )
        return (
            "SELECT words[1] AS user, unnest(words[2:]) AS item, NULL::VARCHAR AS behaviour, "
            f"NULL::VARCHAR AS value, NULL::VARCHAR AS time, row FROM ({words})"
        )

    return RawFile(path, query, frozenset(("user", "item")), behaviour, line=lambda row: row)


def _netflix(path: Path, behaviour: str) -> RawFile:
    """`movie:` lines, each followed by `user,rating,date` lines.

    A running maximum of row * 10^6 + movie carries the movie down to its ratings as a stream.
    """
    first_line(path)
    heading = "regexp_full_match(c1, '[0-9]{1,6}:')"
    movie = f"CASE WHEN {heading} THEN row * 1000000 + rtrim(c1, ':')::BIGINT END"

    def query(numbered: bool) -> str:
        lines = _numbered_lines(path, True)
        carried = (
            f"(SELECT c1, row, {heading} AS is_heading, "
            f"max({movie}) OVER (ROWS UNBOUNDED PRECEDING) % 1000000 AS movie FROM {lines})"
        )
        return (
            "SELECT split_part(c1, ',', 1) AS user, movie::VARCHAR AS item, NULL::VARCHAR AS behaviour, "
            f"split_part(c1, ',', 2) AS value, split_part(c1, ',', 3) AS time, row FROM {carried} "
            "WHERE c1 IS NOT NULL AND NOT is_heading"
        )

    present = frozenset(("user", "item", "value", "time"))
    return RawFile(path, query, present, behaviour, "iso", line=lambda row: row)
