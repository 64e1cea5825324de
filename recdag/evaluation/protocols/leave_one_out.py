"""The latest interaction of every user against items she never touched (He et al. 2017, section 4.1)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recdag.errors import DataError
from recdag.evaluation.protocols.cells import kept_rows, positions, single_fold, tail_parts, user_order
from recdag.evaluation.protocols.options import ProtocolOptions, PublishedSplit
from recdag.evaluation.split import PARTS, TEST, VALIDATION, Assignment, Interactions

N_NEGATIVES = 99


def leave_one_out(interactions: Interactions, options: ProtocolOptions) -> Assignment:
    """The latest interaction a user is test, the one before validation; 99 negatives each.

    Equal times are ordered by item id; without time the order is random. A user with one interaction
    has it in training, one with two has no validation. Negatives are drawn uniformly and without
    replacement from the items that the user touched in no behaviour. What validation must not know,
    the test interaction, does not count as touched there, so the test item may be among its
    negatives. A published split is used as it is: validation is drawn, at random from training, and
    the negatives of the test where none were published.
    """
    rng = np.random.default_rng(options.seed)
    published, candidates = options.published, {}
    if published is not None:
        assignment = _published(interactions, published, rng)
        if published.has_negatives:
            candidates[TEST] = _published_candidates(published)
    else:
        assignment = _latest(interactions, options, rng)
    for part in (VALIDATION, TEST):
        if part not in candidates:
            candidates[part] = _sampled_candidates(interactions, assignment, part, rng)
    return replace(assignment, candidates=candidates)


def _latest(interactions: Interactions, options: ProtocolOptions, rng: np.random.Generator) -> Assignment:
    rows = kept_rows(interactions, options)
    user = interactions.user[rows]
    counts = np.bincount(user, minlength=interactions.n_users)
    order = user_order(interactions, rows, rng, by_time=True)
    part = tail_parts(user, order, (counts >= 2).astype(np.int64), (counts >= 3).astype(np.int64))
    return single_fold(interactions, rows, part)


def _published(interactions: Interactions, published: PublishedSplit, rng: np.random.Generator) -> Assignment:
    if np.bincount(published.test_user).max(initial=0) > 1:
        raise DataError("the published split has a user with two test items", where="leave_one_out")
    test = positions(interactions, published.test_user, published.test_item)
    train = np.sort(positions(interactions, published.train_user, published.train_item))
    if np.isin(test, train, kind="table").any():
        raise DataError("the published split has a pair both in training and in test", where="leave_one_out")
    user = interactions.user[train]
    counts = np.bincount(user, minlength=interactions.n_users)
    order = user_order(interactions, train, rng, by_time=False)
    part = tail_parts(user, order, np.zeros_like(counts), (counts >= 2).astype(np.int64))
    rows = np.concatenate([train, test])
    part = np.concatenate([part, np.full(len(test), PARTS.index(TEST), np.int8)])
    order = np.argsort(rows)
    return single_fold(interactions, rows[order], part[order])


def _published_candidates(published: PublishedSplit) -> tuple[np.ndarray, np.ndarray]:
    """Each test user's positive and her published negatives, each item once."""
    order = np.argsort(published.candidate_user)
    place = np.searchsorted(published.candidate_user, published.test_user, sorter=order)
    found = order[np.minimum(place, len(order) - 1)]
    if not np.array_equal(published.candidate_user[found], published.test_user):
        raise DataError("the published split has test users without negatives", where="leave_one_out")
    items = np.sort(np.column_stack([published.test_item, published.candidates[found]]), axis=1)
    items[:, 1:][items[:, 1:] == items[:, :-1]] = -1
    return published.test_user.astype(np.int32), items.astype(np.int32)


def _sampled_candidates(
    interactions: Interactions, assignment: Assignment, part: str, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Each held-out user of `part` with her positive and 99 untouched items."""
    held_out = assignment.part == PARTS.index(part)
    users, positives = assignment.user[held_out], assignment.item[held_out]
    m = interactions.n_items
    known = np.ones(len(interactions), bool)
    if part == VALIDATION:
        test = assignment.part == PARTS.index(TEST)
        known[positions(interactions, assignment.user[test], assignment.item[test])] = False
    keys = (interactions.user.astype(np.int64) * m + interactions.item)[known]
    catalogue = np.zeros(m, bool)
    catalogue[assignment.item] = True
    for counts in interactions.supportive.values():
        cells = counts.tocoo()
        keys = np.union1d(keys, cells.row.astype(np.int64) * m + cells.col)
        catalogue[cells.col] = True
    items = np.flatnonzero(catalogue)
    place = np.cumsum(catalogue) - 1
    keys = keys[catalogue[keys % m]]
    touched = keys // m * len(items) + place[keys % m]
    drawn = sample_untouched(touched, users, len(items), N_NEGATIVES, rng)
    negatives = np.where(drawn >= 0, items[drawn], -1)
    return users, np.column_stack([positives, negatives]).astype(np.int32)


def sample_untouched(
    touched: np.ndarray, users: np.ndarray, m: int, size: int, rng: np.random.Generator
) -> np.ndarray:
    """Items drawn uniformly without replacement from those a user did not touch.

    Floyd's algorithm draws `size` distinct numbers below the count of untouched items, for all users
    at once; the r-th untouched item is r + #{j : t_j - j <= r}, with t_0 < t_1 < ... the touched.

    Args:
        touched: sorted keys user * m + item, each once.
        users: (B,) ids.
        m: number of items.
        size: items a user.

    Returns:
        (B, size) int64, padded with -1 where a user has fewer untouched items.
    """
    users = users.astype(np.int64)
    starts = np.searchsorted(touched, users * m)
    counts = np.searchsorted(touched, (users + 1) * m) - starts
    untouched = m - counts
    drawn = np.empty((size, len(users)), np.int64)
    for step in range(size):
        last = untouched - size + step
        number = np.floor(rng.random(len(users)) * (last + 1)).astype(np.int64)
        number = np.where((drawn[:step] == number).any(axis=0), last, number)
        all_of_them = np.where(step < untouched, step, -1)
        drawn[step] = np.where(untouched >= size, number, all_of_them)

    row = np.repeat(np.arange(len(users)), counts)
    offsets = np.cumsum(counts) - counts
    nth = np.arange(len(row)) - offsets[row]
    gaps = row * (m + 1) + touched[starts[row] + nth] % m - nth
    passed = np.searchsorted(gaps, np.arange(len(users)) * (m + 1) + drawn, side="right") - offsets
    return np.where(drawn >= 0, drawn + passed, -1).T
