"""Interactions: what users did with items, counted and filtered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from duckdb import DuckDBPyConnection

from recdag.datasets.entry import Dataset
from recdag.errors import DataError
from recdag.sql_text import scalar
from recdag.warehouse.positives import positive_bound


def write_interactions(connection: DuckDBPyConnection, dataset: Dataset) -> dict[str, Any]:
    """Store one row a user, item and behaviour, after the data set's filters.

    Repeated events add to `count`. `value` is the sum of the values where they are counts; where
    they are ratings it is the latest one (the largest of those at the same time); the count where
    the data have no values. Only the target and the supportive behaviours are kept, and of counts
    only sums above zero.

    The filters count positives: pairs of the target behaviour, of at least `min_value` where that is
    set. They are applied once, as in the Mult-VAE authors' code: items chosen by fewer than
    `min_item_interactions` users go first, then users with fewer than `min_user_interactions` of the
    remaining items. A bound of 1 filters nothing. Filtered users and items lose all their rows.

    Writes `users(user_id, user_key, attributes)` and `items(item_id, item_key, title)` of all that
    remains, ids dense from 0 in the order of the keys; `interactions(user_id, item_id, behaviour,
    count, value, first_time, last_time)` sorted by user, item and behaviour; `published_split(part,
    user_id, item_id)` and `published_candidates(user_id, position, item_id)` in these ids.

    Returns:
        users, items, interactions, and what was dropped: rows_other_behaviours, rows_without_count,
        items_filtered, users_filtered, rows_of_filtered_items, rows_of_filtered_users,
        split_rows_dropped, candidates_dropped.

    Raises:
        DataError: where nothing remains.
    """
    report = _aggregate(connection, dataset)
    report |= _filter(connection, dataset)
    for side, extra in (("user", "attributes"), ("item", "title")):
        connection.execute(
            f"create or replace table {side}s as"
            f" select (row_number() over (order by {side}_number) - 1)::integer as {side}_id,"
            f" {side}_key, {extra}, {side}_number"
            f" from event_{side}s where {side}_number in (select {side}_number from pairs)"
            f" order by {side}_number"
        )
    connection.execute(
        "create or replace table interactions as"
        " select user_id, item_id, behaviour, count, value, first_time, last_time"
        " from pairs join users using (user_number) join items using (item_number)"
        " order by user_id, item_id, behaviour"
    )
    report["split_rows_dropped"] = _renumber_published(connection, "split", "part, user_id, item_id")
    report["candidates_dropped"] = _renumber_published(connection, "candidates", "user_id, position, item_id")
    for side in ("user", "item"):
        connection.execute(f"alter table {side}s drop column {side}_number")
        report[f"{side}s"] = scalar(connection, f"select count(*) from {side}s")
    report["interactions"] = scalar(connection, "select count(*) from interactions")
    connection.execute("drop table pairs")
    return report


def _renumber_published(connection: DuckDBPyConnection, name: str, result: str) -> int:
    """Store a table of the published split by ids; returns how many rows were filtered."""
    connection.execute(
        f"create or replace table published_{name} as select {result}"
        f" from event_{name} join users using (user_number) join items using (item_number)"
        f" order by {result}"
    )
    return scalar(
        connection,
        f"select (select count(*) from event_{name}) - (select count(*) from published_{name})",
    )


def _aggregate(connection: DuckDBPyConnection, dataset: Dataset) -> dict[str, Any]:
    """Make the temporary table `pairs`: one row a user, item and behaviour, before the filters."""
    total = "sum" if dataset.value_kind == "count" else "max"
    connection.execute(
        "create or replace temp table pairs as"
        " select user_number, item_number, behaviour, count(*)::integer as count,"
        f" {total}(value) as value, min(time) as first_time, max(time) as last_time"
        " from events group by all"
    )
    other = _delete(
        connection, "not list_contains(?::varchar[], behaviour)", [[dataset.target, *dataset.supportive]]
    )
    if dataset.value_kind == "rating":
        connection.execute(
            "update pairs set value = latest.value from ("
            " select user_number, item_number, behaviour, max(events.value) as value"
            " from events join pairs using (user_number, item_number, behaviour)"
            " where pairs.count > 1 and events.time = pairs.last_time group by all) as latest"
            " where pairs.count > 1 and pairs.user_number = latest.user_number"
            " and pairs.item_number = latest.item_number and pairs.behaviour = latest.behaviour"
        )
        without_count = 0
    else:
        without_count = _delete(connection, "value <= 0", [])
    if scalar(connection, "select count(value) from pairs") == 0:
        connection.execute("update pairs set value = count")
    return {"rows_other_behaviours": other, "rows_without_count": without_count}


def _filter(connection: DuckDBPyConnection, dataset: Dataset) -> dict[str, Any]:
    """Drop rare items, then users with few positives, from `pairs`."""
    bound = positive_bound(connection, dataset)
    report: dict[str, Any] = {}
    smallest = {"item": dataset.min_item_interactions, "user": dataset.min_user_interactions}
    for side, minimum in smallest.items():
        number = f"{side}_number"
        before = scalar(connection, f"select count(distinct {number}) from pairs")
        rows = 0
        if minimum > 1:
            rows = _delete(
                connection,
                f"{number} not in (select {number} from pairs"
                " where behaviour = ? and (?::double is null or value >= ?)"
                f" group by {number} having count(*) >= ?)",
                [dataset.target, bound, bound, minimum],
            )
        report[f"rows_of_filtered_{side}s"] = rows
        report[f"{side}s_filtered"] = before - scalar(
            connection, f"select count(distinct {number}) from pairs"
        )
    if scalar(connection, "select count(*) from pairs") == 0:
        raise DataError(
            f"no interactions remain: every item needs {smallest['item']} and every user"
            f" {smallest['user']} positive interactions of the behaviour {dataset.target!r}",
            where=dataset.name,
            cure="Lower min_item_interactions, min_user_interactions or min_value in its catalogue entry,"
            " or correct target.",
        )
    return report


def _delete(connection: DuckDBPyConnection, condition: str, parameters: Sequence[object]) -> int:
    """Delete rows of `pairs`; returns how many."""
    return scalar(connection, f"delete from pairs where {condition}", parameters)
