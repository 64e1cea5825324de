"""Splits: properties on random data, and oracles for the orders of operations that papers fix."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from recdag.errors import ConfigError, DataError
from recdag.evaluation.protocols import (
    PROTOCOLS,
    ProtocolOptions,
    PublishedSplit,
    build_split,
    build_splits,
    protocol,
)
from recdag.evaluation.protocols.leave_one_out import sample_untouched
from recdag.evaluation.split import PARTS, TEST, TRAIN, VALIDATION, Interactions

TRAINING_USERS = ["holdout_10pct", "leave_one_out", "five_fold_cv", "user_holdout"]


def make(
    seed: int, n_users: int = 40, n_items: int = 30, *, timed: bool = True, clicks: bool = False
) -> Interactions:
    rng = np.random.default_rng(seed)
    density = rng.random(n_users)[:, None] * 0.7
    user, item = np.nonzero(rng.random((n_users, n_items)) < density)
    strength = rng.integers(1, 6, len(user)).astype(np.float32)
    time = rng.integers(0, 50, len(user)) if timed else None
    clicked = csr_array((rng.random((n_users, n_items)) < 0.05).astype(np.float32))
    supportive = {"click": clicked} if clicks else {}
    return Interactions(
        n_users, n_items, user.astype(np.int32), item.astype(np.int32), strength, time, supportive
    )


def pairs(matrix: csr_array, rows: np.ndarray, columns: np.ndarray) -> set[tuple[int, int]]:
    row, column = matrix.nonzero()
    return set(zip(rows[row].tolist(), columns[column].tolist(), strict=True))


def part_pairs(assignment, part: str, fold: int = 0) -> set[tuple[int, int]]:
    rows = (assignment.part == PARTS.index(part)) & (assignment.fold == fold)
    return set(zip(assignment.user[rows].tolist(), assignment.item[rows].tolist(), strict=True))


@pytest.mark.parametrize("name", sorted(PROTOCOLS))
@given(seed=st.integers(0, 10_000), timed=st.booleans())
@settings(max_examples=15, deadline=None)
def test_no_held_out_pair_is_given_to_the_model(name, seed, timed):
    interactions = make(seed, timed=timed)
    assignment = PROTOCOLS[name].assign(interactions, ProtocolOptions(seed=seed))
    for split in build_splits(interactions, assignment):
        train = pairs(split.train.positives, split.user_ids, split.item_ids)
        test = pairs(split.test.target, split.test.user_ids, split.item_ids)
        validation = pairs(split.validation.target, split.validation.user_ids, split.item_ids)
        given_at_test = pairs(split.test.history, split.test.user_ids, split.item_ids)
        assert test and not test & (train | given_at_test | validation)
        assert not validation & train
        if split.train_and_validation is not None:
            final = pairs(split.train_and_validation.positives, split.user_ids, split.item_ids)
            assert not test & final
            assert train < final


@pytest.mark.parametrize("name", TRAINING_USERS)
@given(seed=st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_every_interaction_is_in_one_part_of_every_fold(name, seed):
    interactions = make(seed)
    assignment = PROTOCOLS[name].assign(interactions, ProtocolOptions(min_item=0))
    for fold in np.unique(assignment.fold):
        rows = assignment.fold == fold
        np.testing.assert_array_equal(assignment.user[rows], interactions.user)
        np.testing.assert_array_equal(assignment.item[rows], interactions.item)
        assert set(np.unique(assignment.part[rows])) == {PARTS.index(p) for p in (TRAIN, VALIDATION, TEST)}
        in_training = assignment.user[rows][assignment.part[rows] == PARTS.index(TRAIN)]
        if name != "five_fold_cv":
            assert set(in_training) == set(interactions.user)


@pytest.mark.parametrize("name", sorted(PROTOCOLS))
def test_seed_decides_the_split(name):
    interactions = make(3, timed=False)
    first, again, other = (
        PROTOCOLS[name].assign(interactions, ProtocolOptions(seed=seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.part, again.part)
    np.testing.assert_array_equal(first.item, again.item)
    assert len(first.part) != len(other.part) or (first.part != other.part).any()
    for part, (_, items) in first.candidates.items():
        np.testing.assert_array_equal(items, again.candidates[part][1])
        assert (items != other.candidates[part][1]).any()


def test_holdout_takes_a_tenth_over_all_users():
    interactions = make(1, n_users=2000)
    assignment = PROTOCOLS["holdout_10pct"].assign(interactions, ProtocolOptions())
    shares = np.bincount(assignment.part, minlength=len(PARTS)) / len(interactions)
    assert shares[PARTS.index(TEST)] == pytest.approx(0.10, abs=0.004)
    assert shares[PARTS.index(VALIDATION)] == pytest.approx(0.05, abs=0.004)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_weights_are_relative_ratings_among_the_cells_learned_from(seed):
    interactions = make(seed)
    assignment = PROTOCOLS["holdout_10pct"].assign(interactions, ProtocolOptions(seed=seed))
    for part, base in ((VALIDATION, [TRAIN]), (TEST, [TRAIN, VALIDATION])):
        known = np.isin(assignment.part, [PARTS.index(name) for name in base])
        for row in np.flatnonzero(assignment.part == PARTS.index(part)):
            others = interactions.strength[known & (assignment.item == assignment.item[row])]
            no_larger = (others <= interactions.strength[row]).sum()
            assert assignment.weight[row] == pytest.approx((no_larger + 1) / (len(others) + 1))


def reference_strong_generalization(frame: pd.DataFrame, n_heldout: int, min_item: int):
    """The preprocessing of Liang et al. told again in pandas, step by step."""
    frame = frame[frame.value >= 3]
    frame = frame[frame.groupby("item").user.transform("count") >= min_item]
    frame = frame[frame.groupby("user").item.transform("count") >= 5]
    users = np.sort(frame.user.unique())
    users = users[np.random.RandomState(98765).permutation(len(users))]
    test_users, rest = users[-n_heldout:], users[:-n_heldout]
    validation_users, train_users = rest[-n_heldout:], rest[:-n_heldout]
    train = frame[frame.user.isin(train_users)]
    parts = [(train, TRAIN)]
    for group, given_name, target_name in (
        (validation_users, "validation_input", VALIDATION),
        (test_users, "test_input", TEST),
    ):
        held_out = frame[frame.user.isin(group) & frame.item.isin(train.item.unique())]
        random = np.random.RandomState(98765)
        for _, mine in held_out.groupby("user"):
            chosen = np.zeros(len(mine), bool)
            if len(mine) >= 5:
                chosen[random.choice(len(mine), size=int(0.2 * len(mine)), replace=False)] = True
            parts += [(mine[~chosen], given_name), (mine[chosen], target_name)]
    return {
        name: {
            pair for rows, part in parts if part == name for pair in zip(rows.user, rows.item, strict=True)
        }
        for name in PARTS
    }


@pytest.mark.parametrize(("seed", "min_item"), [(0, 0), (1, 4), (2, 9), (3, 2)])
def test_strong_generalization_equals_a_pandas_reference(seed, min_item):
    interactions = make(seed, n_users=60, n_items=50)
    frame = pd.DataFrame(
        {"user": interactions.user, "item": interactions.item, "value": interactions.strength}
    )
    expected = reference_strong_generalization(frame, 11, min_item)
    options = ProtocolOptions(min_value=3, min_item=min_item, heldout_users=11)
    assignment = PROTOCOLS["strong_generalization"].assign(interactions, options)
    assert {part: part_pairs(assignment, part) for part in PARTS} == expected
    split = build_split(interactions, assignment)
    assert set(split.item_ids) == {item for _, item in expected[TRAIN]}
    assert set(split.user_ids) == {user for user, _ in expected[TRAIN]}
    assert split.train_and_validation is None
    assert (split.test.users == -1).all()
    assert pairs(split.test.target, split.test.user_ids, split.item_ids) == expected[TEST]


def test_the_latest_is_test_and_equal_times_go_by_item():
    user = np.array([0, 0, 0, 0, 1, 1, 2], np.int32)
    item = np.array([0, 1, 2, 3, 0, 4, 2], np.int32)
    time = np.array([9, 5, 9, 1, 8, 3, 7])
    interactions = Interactions(3, 200, user, item, np.ones(7, np.float32), time)
    assignment = PROTOCOLS["leave_one_out"].assign(interactions, ProtocolOptions())
    assert part_pairs(assignment, TEST) == {(0, 2), (1, 0)}
    assert part_pairs(assignment, VALIDATION) == {(0, 0)}
    assert part_pairs(assignment, TRAIN) == {(0, 1), (0, 3), (1, 4), (2, 2)}


@given(seed=st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_candidates_are_the_positive_and_untouched_items(seed):
    interactions = make(seed, n_items=130, clicks=True)
    assignment = PROTOCOLS["leave_one_out"].assign(interactions, ProtocolOptions(seed=seed))
    split = build_split(interactions, assignment)
    bought = {(int(u), int(i)) for u, i in zip(interactions.user, interactions.item, strict=True)}
    clicks = interactions.supportive["click"]
    clicked = pairs(clicks, np.arange(interactions.n_users), np.arange(interactions.n_items))
    before_test = bought - part_pairs(assignment, TEST)
    for held_out, known in ((split.test, bought | clicked), (split.validation, before_test | clicked)):
        for user, row, target in zip(
            held_out.user_ids, held_out.candidates, held_out.target.tolil().rows, strict=True
        ):
            items = split.item_ids[row[row >= 0]].tolist()
            positive = int(split.item_ids[target[0]])
            untouched = set(split.item_ids.tolist()) - {item for u, item in known if u == user}
            assert len(items) == len(set(items)) == min(99, len(untouched - {positive})) + 1
            assert set(items) - {positive} <= untouched
            assert positive in items


def test_untouched_items_are_drawn_uniformly():
    touched = np.array([0, 2, 3, 9, 10 + 5, 20 + 0])
    users = np.repeat([0, 2], 4000)
    drawn = sample_untouched(touched, users, 10, 4, np.random.default_rng(0))
    for user, allowed in ((0, [1, 4, 5, 6, 7, 8]), (2, range(1, 10))):
        counts = np.bincount(drawn[users == user].ravel(), minlength=10)
        expected = np.isin(np.arange(10), allowed) * (4 * 4000 / len(allowed))
        assert np.all(np.abs(counts - expected) < 5 * np.sqrt(expected + 1e-9) + 1e-9)
    short = sample_untouched(touched, np.array([0]), 10, 8, np.random.default_rng(0))
    np.testing.assert_array_equal(short[0], [1, 4, 5, 6, 7, 8, -1, -1])


def published(interactions: Interactions, **changes) -> PublishedSplit:
    last = np.append(np.diff(interactions.user) > 0, True)
    users = interactions.user[last]
    given = {
        "train_user": interactions.user[~last],
        "train_item": interactions.item[~last],
        "test_user": users,
        "test_item": interactions.item[last],
        "candidate_user": users[::-1],
        "candidates": np.tile([0, 1, 2, 2, 3], (len(users), 1)),
    }
    return PublishedSplit(**{**given, **changes})


def test_a_published_split_is_used_as_it_is():
    interactions = make(5, n_items=200)
    files = published(interactions)
    files.candidates[:, 2] = files.test_item[::-1]
    assignment = PROTOCOLS["leave_one_out"].assign(interactions, ProtocolOptions(published=files))
    assert part_pairs(assignment, TEST) == set(zip(files.test_user, files.test_item, strict=True))
    train = part_pairs(assignment, TRAIN) | part_pairs(assignment, VALIDATION)
    assert train == set(zip(files.train_user, files.train_item, strict=True))
    users, items = assignment.candidates[TEST]
    np.testing.assert_array_equal(users, files.test_user)
    for row, positive in zip(items.tolist(), files.test_item.tolist(), strict=True):
        listed = sorted({0, 1, 2, 3, positive})
        assert sorted(item for item in row if item >= 0) == listed


def test_negatives_that_were_not_published_are_drawn_by_seed():
    interactions = make(5, n_items=200)
    files = published(interactions, candidate_user=np.array([], int), candidates=np.empty((0, 0), int))
    assign = PROTOCOLS["leave_one_out"].assign
    assignment = assign(interactions, ProtocolOptions(published=files))
    assert part_pairs(assignment, TEST) == set(zip(files.test_user, files.test_item, strict=True))
    users, items = assignment.candidates[TEST]
    np.testing.assert_array_equal(items[:, 0], files.test_item)
    known = set(zip(interactions.user.tolist(), interactions.item.tolist(), strict=True))
    for user, row in zip(users.tolist(), items[:, 1:].tolist(), strict=True):
        drawn = [item for item in row if item >= 0]
        assert 0 < len(drawn) == len(set(drawn)) and not known & {(user, item) for item in drawn}
    again, other = (assign(interactions, ProtocolOptions(published=files, seed=s)) for s in (98765, 1))
    np.testing.assert_array_equal(again.candidates[TEST][1], items)
    assert not np.array_equal(other.candidates[TEST][1], items)


def test_a_wrong_published_split_is_refused():
    interactions = make(5, n_items=200)
    files = published(interactions)
    for changes, message in (
        ({"train_item": files.train_item + 150}, "not among the interactions"),
        (
            {"candidate_user": files.candidate_user[1:], "candidates": files.candidates[1:]},
            "without negatives",
        ),
        ({"test_user": np.repeat(files.test_user[:1], len(files.test_user))}, "two test items"),
        ({"train_user": interactions.user, "train_item": interactions.item}, "both in training and in test"),
    ):
        with pytest.raises(DataError, match=message):
            options = ProtocolOptions(published=published(interactions, **changes))
            PROTOCOLS["leave_one_out"].assign(interactions, options)


def test_user_holdout_takes_the_last_tenths():
    user = np.repeat([0, 1, 2], [2, 3, 25]).astype(np.int32)
    item = np.concatenate([np.arange(2), np.arange(3), np.arange(25)]).astype(np.int32)
    time = np.concatenate([[1, 2], [3, 1, 2], np.arange(25)[::-1]])
    interactions = Interactions(3, 25, user, item, np.ones(30, np.float32), time)
    assignment = PROTOCOLS["user_holdout"].assign(interactions, ProtocolOptions())
    assert part_pairs(assignment, TEST) == {(1, 0), (2, 0), (2, 1)}
    assert part_pairs(assignment, VALIDATION) == {(1, 2), (2, 2), (2, 3)}


def test_five_folds_share_the_interactions_of_items_with_three():
    n_takers = np.array([1, 2, 3, 4] + [20] * 26)
    item = np.repeat(np.arange(30), n_takers).astype(np.int32)
    user = np.concatenate([np.arange(count) for count in n_takers]).astype(np.int32)
    order = np.lexsort((item, user))
    interactions = Interactions(20, 30, user[order], item[order], np.ones(len(item), np.float32))
    assignment = PROTOCOLS["five_fold_cv"].assign(interactions, ProtocolOptions())
    tests = [part_pairs(assignment, TEST, fold) for fold in range(5)]
    assert set().union(*tests) == {(u, i) for i in range(2, 30) for u in range(n_takers[i])}
    assert sorted(map(len, tests)) == [105, 105, 105, 106, 106]
    assert len(part_pairs(assignment, VALIDATION, 4)) == (527 - len(tests[4])) // 10
    assert all(len(split.item_ids) == 28 for split in build_splits(interactions, assignment))


def test_a_user_without_training_cells_in_a_fold_is_left_out_of_it():
    user = np.repeat(np.arange(12), [1] + [10] * 11).astype(np.int32)
    item = np.concatenate([[0], np.tile(np.arange(10), 11)]).astype(np.int32)
    interactions = Interactions(12, 10, user, item, np.ones(111, np.float32))
    assignment = PROTOCOLS["five_fold_cv"].assign(interactions, ProtocolOptions())
    splits = build_splits(interactions, assignment)
    knows_her = [0 in split.user_ids for split in splits]
    assert sorted(knows_her) == [False, True, True, True, True]
    for split in splits:
        assert 0 not in split.test.user_ids
        assert 0 not in split.validation.user_ids
        assert (split.test.users >= 0).all()


def test_matrices_carry_strength_supportive_counts_and_both_histories():
    interactions = make(4, clicks=True)
    interactions = replace(interactions, met_at=interactions.supportive["click"] * np.float32(60))
    assignment = PROTOCOLS["leave_one_out"].assign(interactions, ProtocolOptions())
    split = build_split(interactions, assignment)
    dense = np.zeros((interactions.n_users, interactions.n_items), np.float32)
    dense[interactions.user, interactions.item] = interactions.strength
    known = split.train_and_validation
    np.testing.assert_array_equal(
        known.strength.toarray(),
        dense[np.ix_(split.user_ids, split.item_ids)] * known.positives.toarray(),
    )
    np.testing.assert_array_equal(
        split.train.supportive["click"].toarray(),
        interactions.supportive["click"].toarray()[np.ix_(split.user_ids, split.item_ids)],
    )
    for data in (split.train, split.train_and_validation):
        np.testing.assert_array_equal(data.met_at.toarray(), 60 * data.supportive["click"].toarray())
    np.testing.assert_array_equal(split.test.history.toarray(), known.positives.toarray()[split.test.users])
    np.testing.assert_array_equal(
        split.validation.history.toarray(), split.train.positives.toarray()[split.validation.users]
    )
    assert split.train.positives.dtype == split.train.strength.dtype == np.float32
    np.testing.assert_array_equal(split.train.positives.indices, split.train.strength.indices)


def test_options_are_checked():
    options = ProtocolOptions.from_mapping({"min_value": 4, "min_user": None, "heldout_users": 50})
    assert options == ProtocolOptions(min_value=4, heldout_users=50)
    for settings_, message in (
        ({"min_users": 5}, "no option 'min_users'"),
        ({"published": []}, "no option 'published'"),
        ({"min_item": 2.5}, "whole number"),
        ({"seed": None}, "seed=None"),
        ({"min_value": -1}, "not negative"),
        ({"min_user": True}, "min_user=True"),
    ):
        with pytest.raises(ConfigError, match=message):
            ProtocolOptions.from_mapping(settings_)
    with pytest.raises(ConfigError, match="no protocol is called 'holdout'"):
        protocol("holdout")


def test_nothing_left_is_one_clear_error():
    interactions = make(0)
    with pytest.raises(DataError, match="no interaction is left"):
        PROTOCOLS["user_holdout"].assign(interactions, ProtocolOptions(min_value=9))
    with pytest.raises(DataError, match="cannot be held out"):
        PROTOCOLS["strong_generalization"].assign(interactions, ProtocolOptions(heldout_users=20))
