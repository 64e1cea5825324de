"""Events: staged files with users and items numbered."""

from __future__ import annotations

from typing import Any

from duckdb import DuckDBPyConnection

from recdag.datasets.entry import Dataset
from recdag.errors import DataError
from recdag.sql_text import columns, row, scalar


def write_events(connection: DuckDBPyConnection, dataset: Dataset) -> dict[str, Any]:
    """Store the staged events under whole-number user and item numbers.

    Reads `staged_events` (twice: keys, then rows) and, where they exist, `staged_items`,
    `staged_users`, `staged_split` and `staged_candidates`. Writes:

    - `event_users(user_number, user_key, attributes)`, `event_items(item_number, item_key, title)`:
      everyone and everything in the events, numbered from 0 in the order of the keys; keys that are
      whole numbers come first, in numeric order.
    - `events(user_number, item_number, behaviour, value, time)`, in file order.
    - `event_split(part, user_number, item_number)`, `event_candidates(user_number, item_number,
      position)`: the published split, empty where there is none.

    Returns:
        users, items, events, behaviours (name -> events), has_value, has_time, first_time and
        last_time (Unix seconds), events_without_key (dropped), split_rows_dropped and
        candidates_dropped (users or items that no event names).

    Raises:
        DataError: where there is no event.
    """
    connection.execute(
        "create or replace temp table staged_keys as"
        " select grouping(item_key) = 1 as is_user, user_key, item_key, count(*) as events"
        " from staged_events group by grouping sets ((user_key), (item_key))"
    )
    staged = scalar(connection, "select coalesce(sum(events), 0) from staged_keys where is_user")
    _number(connection, "user", "attributes")
    _number(connection, "item", "title")
    connection.execute("drop table staged_keys")
    connection.execute(
        "create or replace table events as"
        " select user_number, item_number, behaviour, value, time"
        " from staged_events join event_users using (user_key) join event_items using (item_key)"
    )
    report = _describe_events(connection, dataset)
    report["events_without_key"] = staged - report["events"]
    report["split_rows_dropped"] = _number_published(
        connection, "split", "part", "part VARCHAR, user_number INTEGER, item_number INTEGER"
    )
    report["candidates_dropped"] = _number_published(
        connection, "candidates", "position", "position INTEGER, user_number INTEGER, item_number INTEGER"
    )
    return report


def _number(connection: DuckDBPyConnection, side: str, extra: str) -> None:
    """Number the users or items of `staged_keys`; `extra` comes from their staged table, if any."""
    key = f"{side}_key"
    if extra in columns(connection, f"staged_{side}s"):
        named = f"select {key}, min({extra}) as {extra} from staged_{side}s group by {key}"
        extras, value = f"left join ({named}) using ({key})", extra
    else:
        extras, value = "", f"null::varchar as {extra}"
    connection.execute(
        f"create or replace table event_{side}s as"
        f" select (row_number() over (order by try_cast({key} as hugeint) nulls last, {key}) - 1)::integer"
        f" as {side}_number, {key}, {value}"
        f" from (select {key} from staged_keys where is_user = {side == 'user'} and {key} is not null)"
        f" {extras} order by {side}_number"
    )


def _describe_events(connection: DuckDBPyConnection, dataset: Dataset) -> dict[str, Any]:
    events, values, first, last = row(
        connection, "select count(*), count(value), min(time), max(time) from events"
    )
    if events == 0:
        raise DataError(
            "the files hold no events",
            where=dataset.name,
            cure="Check the column names and the separator of its catalogue entry.",
        )
    behaviours = connection.execute(
        "select behaviour, count(*) from events group by behaviour order by behaviour"
    ).fetchall()
    return {
        "users": scalar(connection, "select count(*) from event_users"),
        "items": scalar(connection, "select count(*) from event_items"),
        "events": events,
        "behaviours": dict(behaviours),
        "has_value": values > 0,
        "has_time": first is not None,
        "first_time": first,
        "last_time": last,
    }


def _number_published(connection: DuckDBPyConnection, name: str, label: str, definition: str) -> int:
    """Store a staged table of the published split by numbers; returns how many rows found none."""
    connection.execute(f"create or replace table event_{name} ({definition})")
    if not columns(connection, f"staged_{name}"):
        return 0
    connection.execute(
        f"insert into event_{name} by name select {label}, user_number, item_number"
        f" from staged_{name} join event_users using (user_key) join event_items using (item_key)"
    )
    return scalar(
        connection,
        f"select (select count(*) from staged_{name}) - (select count(*) from event_{name})",
    )
