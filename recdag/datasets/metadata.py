"""Titles of items and attributes of users, where a data set has files of them."""

from __future__ import annotations

from pathlib import Path

import duckdb

from recdag.datasets.encodings import find_encoding
from recdag.datasets.entry import Columns
from recdag.datasets.file_search import FoundFiles
from recdag.datasets.textfiles import csv_source, first_fields, first_line, line_source
from recdag.errors import DataError
from recdag.sql_text import literal, quoted

# File name -> separator, encoding, header, position of key and title.
_TITLES = {
    "movies.dat": ("::", "latin-1", False, 1, 2),
    "u.item": ("|", "latin-1", False, 1, 2),
    "movies.csv": (",", "utf-8", True, 1, 2),
}
# File name -> separator and position of each attribute; the key is the first column.
_ATTRIBUTES = {
    "users.dat": ("::", {"gender": 2, "age": 3, "occupation": 4}),
    "u.user": ("|", {"age": 2, "gender": 3, "occupation": 4}),
}
NETFLIX_TITLES = ("movie_titles.csv", "movie_titles.txt")
_SEPARATORS = ("\t", "::", ";", "|", ",")


def is_known(path: Path) -> bool:
    """Whether the layout of a file of titles is known by its name."""
    return path.name.removesuffix(".gz") in (*_TITLES, *NETFLIX_TITLES)


def stage_items(connection: duckdb.DuckDBPyConnection, files: FoundFiles) -> None:
    """Create `staged_items(item_key, title)`; empty where there are no titles."""
    query = "SELECT NULL::VARCHAR AS item_key, NULL::VARCHAR AS title WHERE false"
    if "items" in files.paths and (files.source.format != "ncf" or "item_map" in files.paths):
        query = _titles(files.paths["items"], files.source.columns)
        if files.source.format == "ncf":
            query = _renumbered(query, files.paths["item_map"])
    path = files.paths.get("items")
    _create(
        connection,
        "staged_items",
        f"SELECT item_key, any_value(title) AS title FROM ({query}) GROUP BY ALL",
        path,
    )


def stage_users(connection: duckdb.DuckDBPyConnection, files: FoundFiles) -> None:
    """Create `staged_users(user_key, attributes)`, attributes a JSON object; empty where there are none."""
    query = "SELECT NULL::VARCHAR AS user_key, NULL::VARCHAR AS attributes WHERE false"
    path = files.paths.get("users")
    if path and (known := _ATTRIBUTES.get(path.name.removesuffix(".gz"))):
        separator, places = known
        pairs = ", ".join(f"{literal(name)}, c{place}" for name, place in places.items())
        attributes = f"json_object({pairs})::VARCHAR AS attributes"
        query = f"SELECT c1 AS user_key, {attributes} FROM {_text_source(path, separator)}"
    _create(connection, "staged_users", query, path)


def _titles(path: Path, columns: Columns | None) -> str:
    name = path.name.removesuffix(".gz")
    if name in NETFLIX_TITLES:
        pattern = literal("^([0-9]+),[^,]*,(.*)$")
        return (
            f"SELECT regexp_extract(c1, {pattern}, 1) AS item_key, regexp_extract(c1, {pattern}, 2) AS title "
            f"FROM {line_source(path, 'latin-1')} WHERE c1 IS NOT NULL"
        )
    if name in _TITLES:
        separator, encoding, header, key, title = _TITLES[name]
        quote = '"' if separator == "," else ""
    else:
        encoding = find_encoding(path)
        first = first_line(path, encoding)
        separator = next((sign for sign in _SEPARATORS if sign in first), ",")
        quote = '"' if separator in (",", ";") else ""
        names = [
            name.strip() for name in first_fields(path, separator=separator, quote=quote, encoding=encoding)
        ]
        wanted = columns.item if columns else None
        key = names.index(wanted) + 1 if isinstance(wanted, str) and wanted in names else 1
        titled = [
            n for n, name in enumerate(names, 1) if name.lower().endswith(("title", "name")) and n != key
        ]
        exact = [n for n in titled if names[n - 1].lower() in ("title", "name")]
        header = bool(titled) or wanted in names
        title = next(iter([*exact, *titled]), 2 if key == 1 else 1)
    width = len(first_fields(path, separator=separator, quote=quote, encoding=encoding))
    source = csv_source(path, width, separator=separator, quote=quote, header=header, encoding=encoding)
    return f"SELECT {quoted(f'c{key}')} AS item_key, {quoted(f'c{title}')} AS title FROM {source}"


def _renumbered(titles: str, item_map: Path) -> str:
    """Titles under NCF's item numbers: item_map has columns ncf_item, movie_id."""
    width = len(first_line(item_map).split(","))
    numbers = csv_source(item_map, width, separator=",", quote="", header=True, encoding="utf-8")
    return f"SELECT m.c1 AS item_key, t.title FROM {numbers} AS m JOIN ({titles}) AS t ON t.item_key = m.c2"


def _text_source(path: Path, separator: str) -> str:
    width = len(first_line(path, "latin-1").split(separator))
    return csv_source(path, width, separator=separator, quote="", header=False, encoding="latin-1")


def _create(connection: duckdb.DuckDBPyConnection, name: str, query: str, path: Path | None) -> None:
    try:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {quoted(name)} AS {query}")
    except (duckdb.InvalidInputException, duckdb.IOException, duckdb.BinderException) as error:
        raise DataError(
            f"The file cannot be read ({str(error).splitlines()[0]})",
            where=str(path),
            cure="Fetch it again, or leave it out of `files`.",
        ) from error
