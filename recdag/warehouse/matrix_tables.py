"""Positives and relative ratings as tables, and tables as sparse matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from duckdb import DuckDBPyConnection
from scipy.sparse import csr_array

from recdag.datasets.entry import Dataset
from recdag.errors import DataError
from recdag.evaluation.split import Interactions
from recdag.sql_text import arrays, columns, identifier, row, scalar
from recdag.warehouse.positives import positive_bound

UNKNOWN_TIME = -1
"""Time of a pair without one, in data where other pairs have a time."""
MOST_TIMES_UNKNOWN = 0.01


def write_binarized(connection: DuckDBPyConnection, dataset: Dataset) -> dict[str, Any]:
    """Store the positive pairs: `binarized(user_id, item_id, strength, last_time)`, sorted.

    Positive are the pairs of the target behaviour with a value of at least `min_value`, or all of
    them where that is None. `strength` is the value, the number of events where a pair has none.

    Returns:
        positives, users and items with a positive, density among them, pairs_below_bound (dropped).

    Raises:
        DataError: where there is no positive.
    """
    bound = positive_bound(connection, dataset)
    connection.execute(
        "create or replace table binarized as"
        " select user_id, item_id, coalesce(value, count)::float as strength, last_time"
        " from interactions where behaviour = ? and (?::double is null or value >= ?)"
        " order by user_id, item_id",
        [dataset.target, bound, bound],
    )
    users, items, positives = (
        scalar(connection, f"select count({what}) from binarized")
        for what in ("distinct user_id", "distinct item_id", "*")
    )
    if positives == 0:
        raise DataError(
            f"no interaction of the behaviour {dataset.target!r} is positive"
            + ("" if bound is None else f" (value >= {bound:g})"),
            where=dataset.name,
            cure="Correct target or min_value in its catalogue entry.",
        )
    pairs = scalar(connection, "select count(*) from interactions where behaviour = ?", [dataset.target])
    return {
        "positives": positives,
        "users": users,
        "items": items,
        "density": positives / (users * items),
        "pairs_below_bound": pairs - positives,
    }


def write_relative_rating(connection: DuckDBPyConnection) -> dict[str, Any]:
    """Store `relative_rating(user_id, item_id, relative_rating)` of the positives, sorted.

    The share of an item's users whose strength is no larger, in (0, 1]; implicit CF-NADE, section
    5.1. The same as `recdag.training.data.relative_rating` of the strengths.
    """
    connection.execute(
        "create or replace table relative_rating as select user_id, item_id,"
        " (cume_dist() over (partition by item_id order by strength))::float as relative_rating"
        " from binarized order by user_id, item_id"
    )
    return {"cells": scalar(connection, "select count(*) from relative_rating")}


def read_csr(
    connection: DuckDBPyConnection, table: str, column: str | None = None, behaviour: str | None = None
) -> csr_array:
    """A table with `user_id` and `item_id`, sorted by both, as (users, items) float32 matrix.

    Args:
        column: where the values are; None for ones.
        behaviour: only the rows of this behaviour.
    """
    value = f", {identifier(column)}::float as value" if column else ""
    condition, parameters = ("where behaviour = ?", [behaviour]) if behaviour is not None else ("", [])
    cells = arrays(
        connection, f"select user_id, item_id{value} from {identifier(table)} {condition}", parameters
    )
    n_users, n_items = _sizes(connection)
    data = cells["value"] if column else np.ones(len(cells["item_id"]), dtype=np.float32)
    return _csr(cells["user_id"], cells["item_id"], data, n_users, n_items)


def read_interactions(connection: DuckDBPyConnection, dataset: Dataset) -> Interactions:
    """The positives of a data set with the counts of its supportive behaviours.

    `time` is None where more than one positive in a hundred has none; where fewer lack one, they get
    UNKNOWN_TIME, which is earlier than all.

    Raises:
        DataError: where `binarized` has not been written.
    """
    if not columns(connection, "binarized"):
        raise DataError(
            "its positives have not been made", where=dataset.name, cure="Materialize binarized first."
        )
    n_users, n_items = _sizes(connection)
    known, rows = row(connection, "select count(last_time), count(*) from binarized")
    has_time = rows > 0 and rows - known <= MOST_TIMES_UNKNOWN * rows
    time = ", coalesce(last_time, ?) as time" if has_time else ""
    cells = arrays(
        connection,
        f"select user_id, item_id, strength{time} from binarized",
        [UNKNOWN_TIME] if has_time else [],
    )
    return Interactions(
        n_users=n_users,
        n_items=n_items,
        user=cells["user_id"],
        item=cells["item_id"],
        strength=cells["strength"],
        time=cells.get("time"),
        supportive={name: read_csr(connection, "interactions", "count", name) for name in dataset.supportive},
        met_at=_read_met_at(connection, dataset),
    )


def _read_met_at(connection: DuckDBPyConnection, dataset: Dataset) -> csr_array | None:
    """When pairs had their latest supportive event; see `Interactions.met_at`."""
    cells = arrays(
        connection,
        "select user_id, item_id,"
        " coalesce(max(last_time) - (select min(first_time) from interactions), ?)::float as time"
        " from interactions where list_contains(?::varchar[], behaviour)"
        " group by user_id, item_id order by user_id, item_id",
        [UNKNOWN_TIME, list(dataset.supportive)],
    )
    if (cells["time"] == UNKNOWN_TIME).all():
        return None
    return _csr(cells["user_id"], cells["item_id"], cells["time"], *_sizes(connection))


def _sizes(connection: DuckDBPyConnection) -> tuple[int, int]:
    return scalar(connection, "select count(*) from users"), scalar(connection, "select count(*) from items")


def _csr(user: np.ndarray, item: np.ndarray, data: np.ndarray, n_users: int, n_items: int) -> csr_array:
    """Sorted coordinates as matrix, without the copies that a conversion from coordinates makes."""
    index = np.int32 if len(item) < np.iinfo(np.int32).max else np.int64
    indptr = np.zeros(n_users + 1, dtype=index)
    np.cumsum(np.bincount(user, minlength=n_users), out=indptr[1:])
    return csr_array((data, item.astype(index, copy=False), indptr), shape=(n_users, n_items))
