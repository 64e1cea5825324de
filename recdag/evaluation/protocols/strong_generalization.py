"""Users who are not in training, known by a part of their items (Liang et al. 2018, section 4.1).

The order of operations and the legacy generator are those of the authors' preprocessing: with ids
in the order of the original ones, the same users and items are held out.
"""

from __future__ import annotations

import numpy as np

from recdag.errors import NotApplicable
from recdag.evaluation.protocols.cells import distinct, kept_rows, single_fold
from recdag.evaluation.protocols.options import ProtocolOptions
from recdag.evaluation.split import (
    PARTS,
    TEST,
    TEST_INPUT,
    TRAIN,
    VALIDATION,
    VALIDATION_INPUT,
    Assignment,
    Interactions,
)

TARGET_SHARE = 0.2
MIN_ITEMS_TO_SPLIT = 5


def strong_generalization(interactions: Interactions, options: ProtocolOptions) -> Assignment:
    """Three groups of users; of a held-out user 80 % of the items fold in and 20 % are targets.

    Filter (items, then users with fewer than 5), permute the users, the last `heldout_users` are
    test and those before them validation; drop held-out interactions with items that no training
    user has; then, from a fresh generator for each group and in ascending order of user, draw
    floor(.2 n) targets of every user who has n >= 5 items left. The others have no target.
    """
    rows = kept_rows(interactions, options, min_user=5)
    user, item = interactions.user[rows], interactions.item[rows]
    users = distinct(user, interactions.n_users)
    n_heldout = max(1, len(users) // 10) if options.heldout_users is None else options.heldout_users
    if n_heldout < 1 or 2 * n_heldout >= len(users):
        raise NotApplicable(
            f"{n_heldout} users for validation and as many for test cannot be held out of {len(users)}",
            cure="Set heldout_users to less than half of the users, or lower min_user and min_item",
        )
    shuffled = users[_legacy_random(options.seed).permutation(len(users))]
    group = np.full(interactions.n_users, PARTS.index(TRAIN), np.int8)
    group[shuffled[-n_heldout:]] = PARTS.index(TEST_INPUT)
    group[shuffled[-2 * n_heldout : -n_heldout]] = PARTS.index(VALIDATION_INPUT)

    part = group[user]
    in_training = np.zeros(interactions.n_items, bool)
    in_training[item[part == PARTS.index(TRAIN)]] = True
    seen = in_training[item]
    rows, user, part = rows[seen], user[seen], part[seen]
    for given, target in ((VALIDATION_INPUT, VALIDATION), (TEST_INPUT, TEST)):
        cells = np.flatnonzero(part == PARTS.index(given))
        part[cells[_drawn_targets(user[cells], options.seed)]] = PARTS.index(target)
    return single_fold(interactions, rows, part)


def _drawn_targets(user: np.ndarray, seed: int) -> np.ndarray:
    """Positions drawn as targets among cells sorted by user; one draw a user, as the authors do."""
    random = _legacy_random(seed)
    _, starts, counts = np.unique(user, return_index=True, return_counts=True)
    drawn = [
        start + random.choice(count, size=int(TARGET_SHARE * count), replace=False)
        for start, count in zip(starts, counts, strict=True)
        if count >= MIN_ITEMS_TO_SPLIT
    ]
    return np.concatenate(drawn) if drawn else np.empty(0, np.int64)


def _legacy_random(seed: int) -> np.random.RandomState:
    return np.random.RandomState(seed)
