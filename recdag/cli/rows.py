"""Rows of a query as CSV, JSON or a table."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

import typer
from rich.table import Table

from recdag.cli.terminal import console, errors, literal, print_table, width_of

MOST_IN_TABLE = 1_000
"""A table of more rows is not read by anyone; the other forms have no limit."""

Rows = Iterable[Sequence[Any]]


def print_csv(names: Sequence[str], rows: Rows) -> None:
    """Print the rows one after the other, as they come."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(map(_missing, row) for row in rows)


def print_json(names: Sequence[str], rows: Rows) -> None:
    """Print a list of objects. Infinity, which JSON does not have, is text; NaN is null."""
    keys = _told_apart(names)
    typer.echo(
        json.dumps([dict(zip(keys, map(_json_value, row), strict=True)) for row in rows], allow_nan=False)
    )


def print_rows(names: Sequence[str], rows: Rows) -> None:
    """Print a table, and on a terminal that is too narrow for it a line for each value.

    Nothing is cut: where the output is no terminal, lines are as long as they have to be.
    """
    rows = iter(rows)
    shown = [[_text(value) for value in row] for row in islice(rows, MOST_IN_TABLE)]
    table = Table(*map(literal, names), box=None)
    for row in shown:
        table.add_row(*row)
    if console.is_terminal and width_of(table) > console.width:
        _print_records(names, shown)
    else:
        print_table(table)
    if next(rows, None) is not None:
        errors.print(f"The first {MOST_IN_TABLE:,} rows. All of them: --format csv", highlight=False)


def _print_records(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widest = max(map(len, names), default=0)
    for number, row in enumerate(rows, start=1):
        console.rule(f"row {number}", align="left", style="dim")
        for name, value in zip(names, row, strict=True):
            console.print(f"{literal(name.ljust(widest))}  {value}", highlight=False, soft_wrap=True)


def _told_apart(names: Sequence[str]) -> list[str]:
    """The names, those that come again with a number: value, value_1, value_2."""
    keys: list[str] = []
    for name in names:
        key, again = name, 0
        while key in keys:
            again += 1
            key = f"{name}_{again}"
        keys.append(key)
    return keys


def _missing(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _text(value: Any) -> str:
    return "NULL" if _missing(value) is None else literal(str(value))


def _json_value(value: Any) -> Any:
    """A value in the types that JSON has."""
    if isinstance(value, float | Decimal) and not math.isfinite(value):
        return None if math.isnan(value) else f"{'-' * (value < 0)}Infinity"
    if isinstance(value, Decimal):
        return float(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, dict):
        return {str(key): _json_value(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_json_value(each) for each in value]
    return value.isoformat() if isinstance(value, date) else str(value)
