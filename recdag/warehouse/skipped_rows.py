"""What of a paper was skipped on a data set, and why, as the published file holds it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from duckdb import DuckDBPyConnection

from recdag.warehouse.published import replace_rows


def write_skipped(
    connection: DuckDBPyConnection, dataset: str, paper: str, reasons: Mapping[str, str]
) -> None:
    """Put the reasons in place of the paper's older ones.

    Args:
        reasons: paper, or paper/model -> why it is skipped.
    """
    rows = [{"model": name.partition("/")[2] or None, "skipped": reason} for name, reason in reasons.items()]
    frame = pd.DataFrame(rows, columns=["model", "skipped"], dtype=object)
    replace_rows(connection, "skipped", frame, dataset=dataset, paper=paper)


def read_skipped(connection: DuckDBPyConnection) -> dict[tuple[str, str], dict[str, str]]:
    """(data set, paper) -> paper, or paper/model -> why it is skipped; by data set and paper."""
    rows = connection.execute(
        "select dataset, paper, concat_ws('/', paper, model), skipped from skipped"
        " order by dataset, paper, rowid"
    ).fetchall()
    skipped: dict[tuple[str, str], dict[str, str]] = {}
    for dataset, paper, name, reason in rows:
        skipped.setdefault((dataset, paper), {})[name] = reason
    return skipped
