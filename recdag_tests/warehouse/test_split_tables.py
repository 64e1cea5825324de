from __future__ import annotations

import numpy as np
import pytest

from recdag.errors import DataError
from recdag.evaluation.split import PARTS, Assignment
from recdag.warehouse.events import write_events
from recdag.warehouse.interactions import write_interactions
from recdag.warehouse.split_tables import read_assignment, read_published_split, write_split


def make_assignment(rng: np.random.Generator, n: int, candidates: bool) -> Assignment:
    cells = rng.choice(500 * 90, n, replace=False)
    sampled = np.argsort(rng.random((20, 30)), axis=1)[:, :11].astype(np.int32)
    sampled[3, 8:] = -1
    return Assignment(
        fold=rng.integers(0, 3, n).astype(np.int16)[::-1],
        part=rng.integers(0, len(PARTS), n).astype(np.int8),
        user=(cells // 90).astype(np.int32),
        item=(cells % 90).astype(np.int32),
        weight=rng.random(n).astype(np.float32),
        candidates={"test": (rng.permutation(500)[:20].astype(np.int32), sampled)} if candidates else {},
    )


@pytest.mark.parametrize("candidates", [True, False])
def test_round_trip(connection, candidates):
    given = make_assignment(np.random.default_rng(0), 4000, candidates)
    report = write_split(connection, "five_fold_cv", given)
    found = read_assignment(connection, "five_fold_cv")
    order = np.lexsort((given.item, given.user, given.part, given.fold))
    for name in ("fold", "part", "user", "item", "weight"):
        column = getattr(given, name)
        np.testing.assert_array_equal(getattr(found, name), column[order])
        assert getattr(found, name).dtype == column.dtype
    assert report["rows"] == 4000 and report["folds"] == 3
    assert report["train"] == int((given.part == 0).sum())
    assert set(found.candidates) == set(given.candidates)
    for part, (users, items) in given.candidates.items():
        by_user = np.argsort(users)
        np.testing.assert_array_equal(found.candidates[part][0], users[by_user])
        np.testing.assert_array_equal(found.candidates[part][1], items[by_user])
        assert found.candidates[part][1].dtype == np.int32
    names = {row[0] for row in connection.execute("select distinct part from split_five_fold_cv").fetchall()}
    assert names == set(PARTS)


def test_a_second_split_replaces_the_first(connection):
    rng = np.random.default_rng(1)
    write_split(connection, "leave_one_out", make_assignment(rng, 500, True))
    write_split(connection, "leave_one_out", make_assignment(rng, 300, False))
    found = read_assignment(connection, "leave_one_out")
    assert len(found.user) == 300 and not found.candidates


@pytest.mark.parametrize("name", ["a; drop table x", "Upper", "", 'a"b', "../x"])
def test_names_of_protocols_are_checked(connection, name):
    with pytest.raises(DataError, match="cannot name"):
        read_assignment(connection, name)
    with pytest.raises(DataError, match="cannot name"):
        write_split(connection, name, make_assignment(np.random.default_rng(0), 5, False))


def test_missing_and_empty_splits(connection):
    with pytest.raises(DataError, match="has not been made"):
        read_assignment(connection, "leave_one_out")
    with pytest.raises(DataError, match="empty"):
        write_split(connection, "leave_one_out", make_assignment(np.random.default_rng(0), 0, False))


def test_published_split_in_ids_of_the_data_set(connection, stage, make_dataset):
    assert read_published_split(connection) is None
    train = [("10", "7"), ("10", "8"), ("2", "7"), ("2", "30")]
    test = [("10", "30"), ("2", "8")]
    stage(connection, [(u, i, "buy", None, None) for u, i in train + test])
    connection.execute("create temp table staged_split (part varchar, user_key varchar, item_key varchar)")
    connection.executemany("insert into staged_split values ('train', ?, ?)", train)
    connection.executemany("insert into staged_split values ('test', ?, ?)", [*test, ("2", "unknown")])
    connection.execute(
        "create temp table staged_candidates as select * from (values"
        " ('10', '8', 1), ('10', '7', 0), ('2', '30', 0)) t(user_key, item_key, position)"
    )
    report = write_events(connection, make_dataset())
    assert (report["split_rows_dropped"], report["candidates_dropped"]) == (1, 0)
    connection.execute("drop table staged_split")
    write_interactions(connection, make_dataset())
    found = read_published_split(connection)
    assert found is not None
    # Users 2, 10 and items 7, 8, 30 get the ids 0, 1 and 0, 1, 2.
    assert list(zip(found.train_user, found.train_item, strict=True)) == [(0, 0), (0, 2), (1, 0), (1, 1)]
    assert list(zip(found.test_user, found.test_item, strict=True)) == [(0, 1), (1, 2)]
    assert found.candidate_user.tolist() == [0, 1]
    assert found.candidates.tolist() == [[2, -1], [0, 1]]


def test_filters_reach_the_published_split(connection, stage, make_dataset):
    pairs = [("1", "a"), ("1", "b"), ("2", "a"), ("2", "b"), ("3", "a")]
    stage(connection, [(u, i, "buy", None, None) for u, i in pairs])
    connection.execute("create temp table staged_split (part varchar, user_key varchar, item_key varchar)")
    connection.executemany("insert into staged_split values ('train', ?, ?)", pairs)
    dataset = make_dataset(min_user_interactions=2)
    write_events(connection, dataset)
    report = write_interactions(connection, dataset)
    found = read_published_split(connection)
    assert report["split_rows_dropped"] == 1 and report["users_filtered"] == 1
    assert found is not None and found.candidate_user.shape == (0,) and found.candidates.shape == (0, 0)
    assert found.train_user.tolist() == [0, 0, 1, 1] and len(found.test_user) == 0
    # Events of a data set without a published split forget the earlier one.
    connection.execute("drop table staged_split")
    write_events(connection, dataset)
    write_interactions(connection, dataset)
    assert read_published_split(connection) is None
