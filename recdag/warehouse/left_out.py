"""What was left out of a paper's run, and why, as the published file holds it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from duckdb import DuckDBPyConnection

from recdag.warehouse.provenance import record
from recdag.warehouse.queries import recorded_keys
from recdag.warehouse.sql import columns

_END = "/left_out"


def left_out_key(connection: DuckDBPyConnection, dataset: str, paper: str) -> str | None:
    """The key under which this was last recorded, None where nothing was ever left out."""
    return recorded_keys(connection).get((dataset, paper + _END))


def record_left_out(
    connection: DuckDBPyConnection, dataset: str, paper: str, key: str, reasons: Mapping[str, str]
) -> None:
    """Record the reasons, in place of older ones.

    Args:
        reasons: paper, or paper/model -> why it is left out.
    """
    record(connection, paper + _END, key, key, reasons, dataset=dataset)


def read_left_out(connection: DuckDBPyConnection) -> list[tuple[str, dict[str, str]]]:
    """(data set, reasons) of every paper that had to leave something out, by data set and paper."""
    if not columns(connection, "provenance"):
        return []
    rows = connection.execute(
        "select dataset, metadata from provenance where ends_with(asset, ?) order by dataset, asset", [_END]
    )
    return [(dataset, json.loads(reasons)) for dataset, reasons in rows.fetchall()]
