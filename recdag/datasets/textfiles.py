"""Delimited and line-wise text files, plain or gzipped."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import dropwhile, takewhile
from pathlib import Path
from typing import TextIO

from recdag.errors import DataError
from recdag.sql_text import reader

GZIP_DAMAGE = (EOFError, gzip.BadGzipFile, zlib.error)

LONGEST_LINE = 1 << 21
"""As long a row as DuckDB reads."""
LINE_TOO_LONG = "The line is longer than 2 MiB"
LINE_CURE = "Shorten it or remove it; a line end or a quotation mark may be missing."

csv.field_size_limit(LONGEST_LINE)


@contextmanager
def open_text(path: Path, encoding: str = "utf-8") -> Iterator[Iterator[str]]:
    """The lines of a text file, gzipped or not, without its byte order mark; what cannot be decoded is
    replaced.

    Raises:
        DataError: while it is read, the file turns out to be damaged, a line too long, or a quotation
            mark not closed.
    """
    encoding = "utf-8-sig" if encoding == "utf-8" else encoding
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding=encoding, errors="replace", newline="") as file:
            yield _lines(file, path)
    except GZIP_DAMAGE as error:
        raise DataError(
            "The gzip file is damaged or only half there",
            where=str(path),
            cure="Delete it and fetch it again.",
        ) from error
    except csv.Error as error:
        raise DataError(
            "A quotation mark is opened and never closed", where=str(path), cure="Close or remove it."
        ) from error


def _lines(file: TextIO, path: Path) -> Iterator[str]:
    """Never more of a line in memory than may be: of a packed file it can be any length."""
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise DataError(LINE_TOO_LONG, where=f"{path}, line {number}", cure=LINE_CURE)
        yield line


def _is_blank(line: str) -> bool:
    return not line.strip()


def first_line(path: Path, encoding: str = "utf-8") -> str:
    """The first line that is not blank.

    Raises:
        DataError: there is none, or the file is damaged.
    """
    with open_text(path, encoding) as file:
        for line in dropwhile(_is_blank, file):
            return line.rstrip("\r\n")
    raise DataError("The file is empty", where=str(path), cure="Fetch it again, or point to another file.")


def csv_source(path: Path, width: int, *, separator: str, quote: str, header: bool, encoding: str) -> str:
    """A table function that reads a delimited file as VARCHAR columns c1, c2, ...

    DuckDB takes a blank line at the beginning for the header, so these lines are skipped where there is one.
    """
    blank = 0
    if header:
        with open_text(path, encoding) as file:
            blank = sum(1 for _ in takewhile(_is_blank, file))
    return reader(
        "read_csv",
        path,
        auto_detect=False,
        header=header,
        skip=blank,
        delim=separator,
        quote=quote,
        escape=quote,
        encoding=encoding,
        columns={f"c{i + 1}": "VARCHAR" for i in range(width)},
    )


def line_source(path: Path, encoding: str = "utf-8") -> str:
    """A table function that reads a text file line by line: VARCHAR column c1, NULL for blank lines."""
    return csv_source(path, 1, separator="\x01", quote="", header=False, encoding=encoding)


def first_fields(path: Path, *, separator: str, quote: str, encoding: str) -> list[str]:
    """The fields of the first record that is not blank; a quoted field may go over several lines.

    Raises:
        DataError: see `first_line`.
    """
    line = first_line(path, encoding)
    if not quote or len(separator) > 1:
        return line.split(separator)
    with open_text(path, encoding) as file:
        return next(csv.reader(dropwhile(_is_blank, file), delimiter=separator, quotechar=quote))


def mixed_line_end(path: Path, encoding: str) -> int | None:
    """The first line that does not end like the first one; None where all end alike."""
    with open_text(path, encoding) as file:
        ends = (line[len(line.rstrip("\r\n")) :] for line in file)
        first = next(ends, "")
        return next((number for number, end in enumerate(ends, 2) if end not in (first, "")), None)


def line_of(path: Path, row: int, encoding: str, separator: str, quote: str) -> int:
    """Line on which the row-th record that is not blank ends."""
    with open_text(path, encoding) as file:
        if not quote:
            full = (number for number, line in enumerate(file, 1) if line.strip("\r\n"))
            return next(number for seen, number in enumerate(full, 1) if seen == row)
        records = csv.reader(file, delimiter=separator[0], quotechar=quote)
        full = (records.line_num for record in records if record)
        return next(number for seen, number in enumerate(full, 1) if seen == row)
