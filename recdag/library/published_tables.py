"""The published tables, asked with SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import pandas as pd

from recdag.errors import NotMade
from recdag.graph.project import Project
from recdag.warehouse.lookups import query_error


def sql(query: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
    """Ask the published tables of the home folder, read-only; also while a run is at work.

    Args:
        query: SQL of DuckDB: "from metrics where dataset = ?".
        parameters: the values of its question marks.

    Raises:
        NotMade: no run has published anything.
        RecdagError: the query cannot be answered.
    """
    project = Project.open()
    if not project.settings.published.exists():
        raise NotMade(
            "no run has published anything",
            where=str(project.settings.published),
            cure="Run one, recdag run --dataset demo, or set RECDAG_HOME to the folder of another",
        )
    with project.published.reading() as connection:
        connection.execute("set enable_external_access = false; set lock_configuration = true")
        try:
            return connection.execute(query, list(parameters)).df()
        except duckdb.Error as error:
            raise query_error(error) from error
