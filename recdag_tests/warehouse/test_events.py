from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from recdag.errors import DataError
from recdag.warehouse.events import write_events
from recdag.warehouse.interactions import write_interactions


def rows(connection, query):
    return connection.execute(query).fetchall()


def test_numbers_follow_the_sorted_keys(connection, stage, make_dataset):
    keys = ["10", "9", "b", "100", "a", "9", "12345678901234567890123", "12345678901234567890122"]
    stage(connection, [(key, f"i{n}", "buy", None, None) for n, key in enumerate(keys)])
    report = write_events(connection, make_dataset())
    assert rows(connection, "select user_number, user_key from event_users order by 1") == list(
        enumerate(["9", "10", "100", "12345678901234567890122", "12345678901234567890123", "a", "b"])
    )
    back = "select user_key, item_key from events join event_users using (user_number)"
    back += " join event_items using (item_number)"
    assert sorted(rows(connection, back)) == sorted((key, f"i{n}") for n, key in enumerate(keys))
    assert (report["users"], report["items"], report["events"]) == (7, 8, 8)
    assert report["behaviours"] == {"buy": 8}
    assert not report["has_time"] and not report["has_value"]


def test_extras_missing_keys_and_times_are_reported(connection, stage, make_dataset):
    stage(
        connection, [("1", "x", "buy", 2.0, 50), ("1", None, "buy", 1.0, 60), ("2", "y", "see", None, None)]
    )
    connection.execute("create temp table staged_items as select 'x' as item_key, 'Title' as title")
    connection.execute("insert into staged_items values ('x', 'Title'), ('unseen', 'Other')")
    connection.execute("create temp view staged_users as select '2' as user_key, 'age 3' as attributes")
    report = write_events(connection, make_dataset())
    assert rows(connection, "select item_key, title from event_items order by 1") == [
        ("x", "Title"),
        ("y", None),
    ]
    assert rows(connection, "select user_key, attributes from event_users order by 1") == [
        ("1", None),
        ("2", "age 3"),
    ]
    assert report["events_without_key"] == 1 and report["events"] == 2
    assert (report["has_time"], report["first_time"], report["last_time"]) == (True, 50, 50)


def test_no_events(connection, stage, make_dataset):
    stage(connection, [])
    with pytest.raises(DataError, match=r"tiny: the files hold no events\. Check"):
        write_events(connection, make_dataset())


def interactions(connection, stage, dataset, events):
    stage(connection, events)
    write_events(connection, dataset)
    report = write_interactions(connection, dataset)
    columns = "user_key, item_key, behaviour, count, value, first_time, last_time"
    query = f"select {columns} from interactions join users using (user_id) join items using (item_id)"
    return report, rows(connection, query + " order by user_id, item_id, behaviour")


EVENTS = [
    ("u", "i", "buy", 2.0, 30),
    ("u", "i", "buy", 5.0, 10),
    ("u", "i", "buy", 3.0, 30),
    ("u", "i", "see", 1.0, 5),
    ("u", "j", "buy", 0.0, 1),
    ("v", "j", "buy", 4.0, 2),
    ("v", "j", "odd", 4.0, 2),
]


def test_counts_add_up(connection, stage, make_dataset):
    report, found = interactions(connection, stage, make_dataset(supportive=("see",)), EVENTS)
    assert found == [
        ("u", "i", "buy", 3, 10.0, 10, 30),
        ("u", "i", "see", 1, 1.0, 5, 5),
        ("v", "j", "buy", 1, 4.0, 2, 2),
    ]
    assert report["rows_without_count"] == 1
    assert report["rows_other_behaviours"] == 1
    assert (report["users"], report["items"], report["interactions"]) == (2, 2, 3)


def test_of_ratings_the_latest_counts(connection, stage, make_dataset):
    report, found = interactions(connection, stage, make_dataset(value_kind="rating"), EVENTS)
    assert found == [
        ("u", "i", "buy", 3, 3.0, 10, 30),
        ("u", "j", "buy", 1, 0.0, 1, 1),
        ("v", "j", "buy", 1, 4.0, 2, 2),
    ]
    assert report["rows_without_count"] == 0 and report["rows_other_behaviours"] == 2


def test_ratings_without_time_take_the_largest(connection, stage, make_dataset):
    events = [("u", "i", "buy", value, None) for value in (2.0, 5.0, 3.0)]
    _, found = interactions(connection, stage, make_dataset(value_kind="rating"), events)
    assert found == [("u", "i", "buy", 3, 5.0, None, None)]


@pytest.mark.parametrize("kind", ["count", "rating"])
def test_without_values_the_events_count(connection, stage, make_dataset, kind):
    events = [("u", "i", "buy", None, 1), ("u", "i", "buy", None, 2), ("u", "j", "buy", None, 3)]
    dataset = make_dataset(value_kind=kind, min_value=4, min_user_interactions=2)
    _, found = interactions(connection, stage, dataset, events)
    assert [(item, count, value) for _, item, _, count, value, _, _ in found] == [
        ("i", 2, 2.0),
        ("j", 1, 1.0),
    ]


def brute_force_filter(events, minimum_user, minimum_item, bound):
    """Users by item of what remains, by the stated rule, with plain loops."""
    positives = {(u, i) for u, i, behaviour, value, _ in events if behaviour == "buy" and value >= bound}
    chosen_by, chose = defaultdict(set), defaultdict(set)
    for user, item in positives:
        chosen_by[item].add(user)
    items = {i for _, i, *_ in events if len(chosen_by[i]) >= minimum_item}
    for user, item in positives:
        if item in items:
            chose[user].add(item)
    users = {u for u, i, *_ in events if i in items and len(chose[u]) >= minimum_user}
    return {(u, i, b) for u, i, b, *_ in events if u in users and i in items}


def test_filters_count_positives_once_items_first(connection, stage, make_dataset):
    rng = np.random.default_rng(0)
    pairs = rng.choice(30 * 20, size=220, replace=False)
    events = [
        (
            f"u{p // 20}",
            str(p % 20),
            rng.choice(["buy", "see"], p=[0.8, 0.2]),
            float(rng.integers(1, 6)),
            None,
        )
        for p in pairs
    ]
    dataset = make_dataset(
        supportive=("see",),
        value_kind="rating",
        min_value=3,
        min_user_interactions=3,
        min_item_interactions=5,
    )
    report, found = interactions(connection, stage, dataset, events)
    expected = brute_force_filter(events, 3, 5, 3)
    assert 0 < len(expected) < len(events)
    assert {(u, i, b) for u, i, b, *_ in found} == expected
    dropped = report["rows_of_filtered_items"] + report["rows_of_filtered_users"]
    assert dropped == len(events) - len(expected) and report["rows_of_filtered_users"] > 0
    for side in ("user", "item"):
        ids = [row[0] for row in rows(connection, f"select {side}_id from {side}s order by {side}_id")]
        assert ids == list(range(report[f"{side}s"]))
        assert {row[0] for row in rows(connection, f"select distinct {side}_id from interactions")} == set(
            ids
        )
    assert rows(connection, "select item_key from items order by item_id") == [
        (key,) for key in sorted({i for _, i, _ in expected}, key=int)
    ]


def test_filters_that_leave_nothing(connection, stage, make_dataset):
    with pytest.raises(DataError, match=r"every user 9 positive.*Lower min_item_interactions"):
        interactions(connection, stage, make_dataset(min_user_interactions=9), EVENTS)


def test_stored_in_order_and_repeatable(connection, stage, make_dataset):
    rng = np.random.default_rng(1)
    events = [(str(u), str(i), "buy", 1.0, None) for u, i in rng.integers(0, 60, size=(3000, 2)).tolist()]
    _, first = interactions(connection, stage, make_dataset(), events)
    stored = rows(connection, "select user_id, item_id from interactions")
    assert stored == sorted(stored)
    _, again = interactions(connection, stage, make_dataset(), events[::-1])
    assert first == again
    assert sum(row[3] for row in first) == 3000
