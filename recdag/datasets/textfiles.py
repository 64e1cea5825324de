"""Delimited and line-wise text files, plain or gzipped."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import TextIO

from recdag.datasets.sql import reader
from recdag.errors import DataError


def open_text(path: Path, encoding: str = "utf-8") -> TextIO:
    """Open a text file that may be gzipped; what cannot be decoded is replaced."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding=encoding, errors="replace", newline="")
    return path.open("rt", encoding=encoding, errors="replace", newline="")


def first_line(path: Path, encoding: str = "utf-8") -> str:
    """The first line that is not blank.

    Raises:
        DataError: there is none, or the file is damaged.
    """
    try:
        with open_text(path, encoding) as file:
            for line in file:
                if line.strip():
                    return line.rstrip("\r\n").removeprefix("\ufeff")
    except (EOFError, gzip.BadGzipFile) as error:
        raise DataError(
            "The gzip file is damaged or only half there",
            where=str(path),
            cure="Delete it and fetch it again.",
        ) from error
    raise DataError("The file is empty", where=str(path), cure="Fetch it again, or point to another file.")


def csv_source(path: Path, width: int, *, separator: str, quote: str, header: bool, encoding: str) -> str:
    """A table function that reads a delimited file as VARCHAR columns c1, c2, ..."""
    return reader(
        "read_csv",
        path,
        auto_detect=False,
        header=header,
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
        record = next(filter(None, csv.reader(file, delimiter=separator, quotechar=quote)))
    return [record[0].removeprefix("\ufeff"), *record[1:]]


def line_of(path: Path, row: int, encoding: str, separator: str, quote: str) -> int:
    """Line on which the row-th record that is not blank ends."""
    with open_text(path, encoding) as file:
        if not quote:
            full = (number for number, line in enumerate(file, 1) if line.strip("\r\n"))
            return next(number for seen, number in enumerate(full, 1) if seen == row)
        records = csv.reader(file, delimiter=separator[0], quotechar=quote)
        full = (records.line_num for record in records if record)
        return next(number for seen, number in enumerate(full, 1) if seen == row)
