"""Protocols that hold out the last or random interactions of every user, or of every fold."""

from __future__ import annotations

import numpy as np

from recdag.evaluation.protocols.cells import kept_rows, single_fold, tail_parts, user_order
from recdag.evaluation.protocols.options import ProtocolOptions
from recdag.evaluation.split import PARTS, TEST, TRAIN, VALIDATION, Assignment, Interactions

N_FOLDS = 5
_TRAIN, _VALIDATION, _TEST = (PARTS.index(part) for part in (TRAIN, VALIDATION, TEST))


def holdout_10pct(interactions: Interactions, options: ProtocolOptions) -> Assignment:
    """10 % of every user's cells to test, 5 % to validation (implicit CF-NADE, section 5.1).

    A user with n cells has floor(.1 n + a) in test and floor(.05 n + b) in validation, with a and b
    uniform in [0, 1): the shares hold over all users, and one cell always stays in training. A
    held-out cell weighs its relative rating among the cells that the model learns from: training
    for validation, training and validation for test, and the cell itself.
    """
    rng = np.random.default_rng(options.seed)
    rows = kept_rows(interactions, options)
    user, item = interactions.user[rows], interactions.item[rows]
    counts = np.bincount(user, minlength=interactions.n_users)
    drawn = rng.random((2, interactions.n_users))
    n_test = np.minimum(np.floor(0.1 * counts + drawn[0]).astype(np.int64), np.maximum(counts - 1, 0))
    n_validation = np.minimum(
        np.floor(0.05 * counts + drawn[1]).astype(np.int64), np.maximum(counts - 1 - n_test, 0)
    )
    part = tail_parts(user, user_order(interactions, rows, rng, by_time=False), n_test, n_validation)
    weight = np.ones(len(rows), np.float32)
    for held_out in (_VALIDATION, _TEST):
        cells, base = part == held_out, part < held_out
        weight[cells] = _relative_rating_among(item, interactions.strength[rows], cells, base)
    return single_fold(interactions, rows, part, weight)


def _relative_rating_among(
    item: np.ndarray, strength: np.ndarray, cells: np.ndarray, base: np.ndarray
) -> np.ndarray:
    """Share of an item's `base` cells, and the cell itself, that are no stronger than the cell."""
    levels, level = np.unique(strength, return_inverse=True)
    keys = item.astype(np.int64) * len(levels) + level
    ordered = np.sort(keys[base])
    first = np.searchsorted(ordered, item[cells].astype(np.int64) * len(levels))
    behind = np.searchsorted(ordered, (item[cells].astype(np.int64) + 1) * len(levels))
    no_larger = np.searchsorted(ordered, keys[cells], side="right") - first
    ratings: np.ndarray = ((no_larger + 1) / (behind - first + 1)).astype(np.float32)
    return ratings


def user_holdout(interactions: Interactions, options: ProtocolOptions) -> Assignment:
    """The last 10 % of every user to test, the 10 % before to validation; random without time.

    A user with n >= 3 interactions has max(1, floor(n / 10)) in each; one with fewer has all of them
    in training and is not evaluated.
    """
    rng = np.random.default_rng(options.seed)
    rows = kept_rows(interactions, options)
    user = interactions.user[rows]
    counts = np.bincount(user, minlength=interactions.n_users)
    tenth = np.where(counts >= 3, np.maximum(counts // 10, 1), 0)
    part = tail_parts(user, user_order(interactions, rows, rng, by_time=True), tenth, tenth)
    return single_fold(interactions, rows, part)


def five_fold_cv(interactions: Interactions, options: ProtocolOptions) -> Assignment:
    """Five folds of all interactions; items with fewer than three are left out (FAWMF, section 5.1).

    In fold f the f-th fifth is test, a random tenth of the rest validation. Users who would have no
    training cell left keep their validation cells in training; users whose every cell is test have
    no training row in that fold, and `build_split` leaves them out of it.
    """
    rng = np.random.default_rng(options.seed)
    rows = kept_rows(interactions, options, min_item=3)
    user, item = interactions.user[rows], interactions.item[rows]
    fold_of = np.empty(len(rows), np.int16)
    fold_of[rng.permutation(len(rows))] = np.arange(len(rows)) % N_FOLDS
    parts = np.full((N_FOLDS, len(rows)), _TRAIN, np.int8)
    for fold, part in enumerate(parts):
        part[fold_of == fold] = _TEST
        rest = np.flatnonzero(fold_of != fold)
        part[rng.permutation(rest)[: len(rest) // 10]] = _VALIDATION
        n_train = np.bincount(user[part == _TRAIN], minlength=interactions.n_users)
        part[(part == _VALIDATION) & (n_train[user] == 0)] = _TRAIN
    return Assignment(
        fold=np.repeat(np.arange(N_FOLDS, dtype=np.int16), len(rows)),
        part=parts.ravel(),
        user=np.tile(user, N_FOLDS),
        item=np.tile(item, N_FOLDS),
        weight=np.ones(parts.size, np.float32),
    )
