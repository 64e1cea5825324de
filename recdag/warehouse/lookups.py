"""Questions that several steps ask of stored tables."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
from duckdb import DuckDBPyConnection

from recdag.errors import RecdagError
from recdag.sql_text import row


def user_keys(connection: DuckDBPyConnection) -> np.ndarray:
    """(n,) the users' own keys, by id."""
    keys = connection.execute("select user_key from users order by user_id").fetchnumpy()["user_key"]
    return np.asarray(keys, dtype=object)


def item_keys(connection: DuckDBPyConnection) -> np.ndarray:
    """(m,) the items' own keys, by id."""
    keys = connection.execute("select item_key from items order by item_id").fetchnumpy()["item_key"]
    return np.asarray(keys, dtype=object)


def sizes(connection: DuckDBPyConnection) -> dict[str, Any]:
    """The columns of the published table `datasets` that are counted in the working file."""
    counts = row(
        connection,
        """
        with pairs as (select distinct user_id, item_id from interactions),
        counted as (
            select (select count(*) from users) as users, (select count(*) from items) as items,
                   (select count(*) from pairs) as interactions
        )
        select users, items, interactions, interactions / (users * items),
               (select string_agg(distinct behaviour, ', ' order by behaviour) from interactions),
               (select bool_and(last_time is not null) from interactions)
        from counted
        """,
    )
    names = ("users", "items", "interactions", "density", "behaviours", "has_time")
    return dict(zip(names, counts, strict=True))


def recorded_keys(connection: DuckDBPyConnection) -> dict[tuple[str, str], str]:
    """(data set, asset) -> key of everything recorded in the published file."""
    rows = connection.execute("select dataset, asset, key from provenance").fetchall()
    return {(dataset, asset): key for dataset, asset, key in rows}


def query_error(error: duckdb.Error) -> RecdagError:
    """What is wrong with a query of the published tables, and what to do about it."""
    return RecdagError(str(error).rstrip("."), cure=_cure(error))


def _cure(error: duckdb.Error) -> str:
    if isinstance(error, duckdb.CatalogException):
        return "The tables are listed by: recdag sql 'show tables'"
    if isinstance(error, duckdb.BinderException):
        return "The columns of a table are listed by: recdag sql 'describe metrics'"
    if isinstance(error, duckdb.ParserException | duckdb.SyntaxException):
        return "Correct the query; docs/queries.md has examples"
    return "The result tables can be asked and nothing else: no writing, no other files, no settings"
