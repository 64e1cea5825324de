"""The first rows of a file of unknown layout, taken apart."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

import duckdb

from recdag.datasets.encodings import SAMPLE_CHARACTERS, find_encoding
from recdag.datasets.import_hints import Encoding
from recdag.datasets.textfiles import first_line, open_text
from recdag.errors import DataError
from recdag.sql_text import reader

SEPARATORS = ("::", "\t", ";", "|", ",", " ")
SAMPLE_LINES = 2_000
LIKE_THE_OTHERS = 0.9
"""Share of the rows that have to be of one width: the rest is then for the parser to complain about."""

_GZIP, _PARQUET, _ZIP = b"\x1f\x8b", b"PAR1", b"PK\x03\x04"


@dataclass(frozen=True)
class Sample:
    """What the beginning of a file looks like.

    Attributes:
        form: table; lists, where a line is a user and any number of items.
        rows: the first rows as text, None where a Parquet file has no value; of a table all equally
            wide.
        names: of a Parquet file's columns; None for text, whose first row may be a header or not.
        separator: between the columns of text.
        encoding: of text.
    """

    form: Literal["table", "lists"]
    rows: Sequence[Sequence[str | None]]
    names: Sequence[str] | None = None
    separator: str | None = None
    encoding: Encoding = "utf-8"


def take_sample(path: Path, *, separator: str | None = None, encoding: Encoding | None = None) -> Sample:
    """Find out how a file is laid out.

    Args:
        path: CSV, TSV or Parquet; text may be gzipped.
        separator, encoding: where they are known.

    Raises:
        DataError: there is no such file, it is empty, damaged, neither text nor Parquet, or has a
            single column.
    """
    check_kind(path)
    if path.suffix == ".parquet":
        return _sample_parquet(path)
    encoding = encoding or find_encoding(path)
    first_line(path, encoding)
    with open_text(path, encoding) as file:
        lines = [line for line in _first(file) if line.strip()]
        for sign in [separator] if separator else SEPARATORS:
            records = _records(lines, sign)
            width, frequency = Counter(map(len, records)).most_common(1)[0]
            if width > 1 and frequency >= LIKE_THE_OTHERS * len(records):
                return Sample("table", [each for each in records if len(each) == width], None, sign, encoding)
    rows = [line.replace(",", " ").split() for line in lines]
    if max(map(len, rows)) > 2 and all(each.isdigit() for row in rows for each in row):
        return Sample("lists", rows, encoding=encoding)
    raise DataError(
        f"No two columns can be told apart; the first line is {lines[0].strip()[:80]!r}",
        where=str(path),
        cure="A log needs a column of users and one of items. Name the sign between them: --separator ';'",
    )


def _first(file: Iterator[str]) -> Iterator[str]:
    """The first lines, up to the bounds of a sample."""
    characters = 0
    for line in islice(file, SAMPLE_LINES):
        yield line
        characters += len(line)
        if characters > SAMPLE_CHARACTERS:
            return


def check_kind(path: Path) -> None:
    """See to it that a file has something in it, and the ending that its content has.

    Raises:
        DataError: it has not, or it is an archive.
    """
    if not path.is_file():
        raise DataError("There is no such file", where=str(path), cure="Check the path.")
    with path.open("rb") as file:
        begins = file.read(4)
    if not begins:
        raise DataError("The file is empty", where=str(path), cure="Point to another file.")
    for mark, suffix in ((_GZIP, ".gz"), (_PARQUET, ".parquet")):
        if begins.startswith(mark) != (path.suffix == suffix):
            problem = f"The file is {'' if begins.startswith(mark) else 'not '}what {suffix} stands for"
            raise DataError(problem, where=str(path), cure="Give it the ending that its content has.")
    if begins == _ZIP:
        raise DataError(
            "This is an archive or a spreadsheet", where=str(path), cure="Unpack it, or save it as CSV."
        )


def _records(lines: Sequence[str], separator: str) -> list[list[str]]:
    if len(separator) > 1:
        return [line.rstrip("\r\n").split(separator) for line in lines]
    return [record for record in csv.reader(lines, delimiter=separator) if record]


def _sample_parquet(path: Path) -> Sample:
    with duckdb.connect() as connection:
        try:
            result = connection.execute(f"FROM {reader('read_parquet', path)} LIMIT {SAMPLE_LINES}")
            names = [column[0] for column in result.description]
            rows = [[None if v is None else str(v) for v in row] for row in result.fetchall()]
        except duckdb.Error as error:
            raise DataError(
                "This is not a whole Parquet file", where=str(path), cure="Write or fetch it again."
            ) from error
    if not rows:
        raise DataError("The file has no rows", where=str(path), cure="Point to another file.")
    if len(names) < 2:
        raise DataError(
            f"The file has one column, {names[0]!r}",
            where=str(path),
            cure="A log needs a column of users and one of items.",
        )
    return Sample("table", rows, names)
