"""What makes an interaction a positive."""

from __future__ import annotations

from duckdb import DuckDBPyConnection

from recdag.datasets.entry import Dataset
from recdag.sql_text import scalar


def positive_bound(connection: DuckDBPyConnection, dataset: Dataset) -> float | None:
    """The smallest value of a positive, None where any interaction is one.

    A bound does not apply where no event of the target behaviour has a value.
    """
    if dataset.min_value is None:
        return None
    values = scalar(connection, "select count(value) from events where behaviour = ?", [dataset.target])
    return dataset.min_value if values else None
