from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_array, csr_array

from recdag.errors import DataError
from recdag.training.data import relative_rating
from recdag.warehouse.events import write_events
from recdag.warehouse.interactions import write_interactions
from recdag.warehouse.matrix_tables import (
    UNKNOWN_TIME,
    read_csr,
    read_interactions,
    write_binarized,
    write_relative_rating,
)


def build(connection, stage, dataset, events):
    stage(connection, events)
    write_events(connection, dataset)
    write_interactions(connection, dataset)
    return write_binarized(connection, dataset)


def test_matrix_equals_the_events(connection, stage, make_dataset):
    rng = np.random.default_rng(0)
    users, items = rng.integers(0, 80, 2000), rng.integers(0, 50, 2000)
    events = [(str(u), str(i), "buy", None, None) for u, i in zip(users, items, strict=True)]
    report = build(connection, stage, make_dataset(), events)
    matrix = read_csr(connection, "binarized", "strength")
    _, user = np.unique(users, return_inverse=True)
    _, item = np.unique(items, return_inverse=True)
    expected = coo_array((np.ones(2000), (user, item))).tocsr()
    assert matrix.dtype == np.float32 and matrix.indices.dtype == np.int32
    assert isinstance(matrix, csr_array) and matrix.has_canonical_format
    assert (matrix != expected).nnz == 0 and matrix.shape == expected.shape
    assert (read_csr(connection, "binarized") != (expected > 0)).nnz == 0
    assert report["positives"] == expected.nnz
    assert report["density"] == pytest.approx(expected.nnz / (expected.shape[0] * expected.shape[1]))


def test_binarized_keeps_values_of_the_bound_and_above(connection, stage, make_dataset):
    values = [5.0, 4.0, 3.5, 1.0]
    events = [("u", str(n), "buy", value, n) for n, value in enumerate(values)] + [("u", "3", "see", 9.0, 1)]
    dataset = make_dataset(value_kind="rating", min_value=4, supportive=("see",))
    report = build(connection, stage, dataset, events)
    found = connection.execute("select user_id, item_id, strength, last_time from binarized").fetchall()
    assert found == [(0, 0, 5.0, 0), (0, 1, 4.0, 1)]
    assert report["pairs_below_bound"] == 2


def test_a_bound_does_not_apply_to_data_without_values(connection, stage, make_dataset):
    events = [("u", "i", "buy", None, 1), ("u", "i", "buy", None, 2), ("u", "j", "buy", None, 3)]
    report = build(connection, stage, make_dataset(value_kind="rating", min_value=4), events)
    assert report["positives"] == 2 and report["pairs_below_bound"] == 0
    assert connection.execute("select strength from binarized").fetchall() == [(2.0,), (1.0,)]


def test_no_positive(connection, stage, make_dataset):
    dataset = make_dataset(value_kind="rating", min_value=6)
    with pytest.raises(DataError, match=r"'buy' is positive \(value >= 6\).*min_value"):
        build(connection, stage, dataset, [("u", "i", "buy", 5.0, None)])


@pytest.mark.parametrize("levels", [2, 7, 1000])
def test_relative_rating_is_that_of_training(connection, stage, make_dataset, levels):
    rng = np.random.default_rng(levels)
    cells = rng.choice(60 * 25, 500, replace=False)
    events = [(str(c // 25), str(c % 25), "buy", float(rng.integers(1, levels + 1)), None) for c in cells]
    build(connection, stage, make_dataset(), events)
    assert write_relative_rating(connection) == {"cells": 500}
    found = read_csr(connection, "relative_rating", "relative_rating")
    expected = relative_rating(read_csr(connection, "binarized", "strength"))
    expected.sort_indices()
    np.testing.assert_array_equal(found.indices, expected.indices)
    np.testing.assert_array_equal(found.indptr, expected.indptr)
    np.testing.assert_array_equal(found.data, expected.data)


def test_interactions_with_supportive_counts(connection, stage, make_dataset):
    events = [
        ("a", "x", "see", None, 1),
        ("a", "x", "see", None, 2),
        ("a", "x", "buy", None, 9),
        ("b", "y", "cart", None, 3),
        ("b", "x", "buy", None, 4),
        ("c", "z", "see", None, 5),
    ]
    dataset = make_dataset(supportive=("see", "cart"))
    build(connection, stage, dataset, events)
    found = read_interactions(connection, dataset)
    assert (found.n_users, found.n_items, len(found)) == (3, 3, 2)
    assert [a.dtype for a in (found.user, found.item, found.strength, found.time)] == [
        np.int32, np.int32, np.float32, np.int64,
    ]  # fmt: skip
    assert [a.tolist() for a in (found.user, found.item, found.time)] == [[0, 1], [0, 0], [9, 4]]
    assert {name: matrix.toarray().tolist() for name, matrix in found.supportive.items()} == {
        "see": [[2, 0, 0], [0, 0, 0], [0, 0, 1]],
        "cart": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    }
    assert found.met_at.toarray().tolist() == [[2 - 1, 0, 0], [0, 3 - 1, 0], [0, 0, 5 - 1]]


def test_when_a_pair_was_met_last_is_unknown_without_times_or_other_behaviours(
    connection, stage, make_dataset
):
    several = make_dataset(supportive=("see",))
    build(connection, stage, several, [("a", "x", "see", None, None), ("a", "x", "buy", None, None)])
    assert read_interactions(connection, several).met_at is None
    build(connection, stage, make_dataset(), [("a", "x", "buy", None, 7)])
    assert read_interactions(connection, make_dataset()).met_at is None


def test_interactions_without_time_or_with_some(connection, stage, make_dataset):
    build(connection, stage, make_dataset(), [("a", "x", "buy", None, None)])
    assert read_interactions(connection, make_dataset()).time is None
    build(connection, stage, make_dataset(), [("a", "x", "buy", None, None), ("b", "x", "buy", None, 7)])
    assert read_interactions(connection, make_dataset()).time is None
    most = [(f"u{n}", "x", "buy", None, 7) for n in range(99)]
    build(connection, stage, make_dataset(), [("a", "x", "buy", None, None), *most])
    time = read_interactions(connection, make_dataset()).time
    assert time is not None and time.tolist() == [UNKNOWN_TIME, *[7] * 99] and type(time) is np.ndarray


def test_interactions_before_binarized(connection, make_dataset):
    with pytest.raises(DataError, match="Materialize binarized first"):
        read_interactions(connection, make_dataset())
