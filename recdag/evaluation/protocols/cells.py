"""Choosing cells of the interaction matrix: filter, order, parts. Shared by the protocols."""

from __future__ import annotations

import numpy as np

from recdag.errors import DataError, NotApplicable
from recdag.evaluation.protocols.options import ProtocolOptions
from recdag.evaluation.split import PARTS, TEST, TRAIN, VALIDATION, Assignment, Interactions


def kept_rows(
    interactions: Interactions, options: ProtocolOptions, *, min_user: int = 0, min_item: int = 0
) -> np.ndarray:
    """Positions of the interactions that the filter leaves, ascending.

    Args:
        interactions: all of the data set.
        options: its `min_*`, where set, go before the protocol's own `min_user` and `min_item`.

    Raises:
        NotApplicable: nothing is left.
    """
    min_user = min_user if options.min_user is None else options.min_user
    min_item = min_item if options.min_item is None else options.min_item
    rows = np.flatnonzero(interactions.strength >= options.min_value)
    for ids, least in ((interactions.item, min_item), (interactions.user, min_user)):
        if least > 1 and len(rows):
            rows = rows[np.bincount(ids[rows])[ids[rows]] >= least]
    if len(rows) == 0:
        raise NotApplicable(
            f"no interaction is left of {len(interactions)} after min_value={options.min_value:g}, "
            f"min_item={min_item} and min_user={min_user}",
            cure="Lower these options of the protocol or take a larger data set",
        )
    return rows


def positions(interactions: Interactions, user: np.ndarray, item: np.ndarray) -> np.ndarray:
    """Positions of (user, item) pairs among the interactions.

    Raises:
        DataError: a pair is not among them.
    """
    keys = interactions.user.astype(np.int64) * interactions.n_items + interactions.item
    wanted = user.astype(np.int64) * interactions.n_items + item
    places: np.ndarray = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    missing = np.flatnonzero(keys[places] != wanted)
    if len(missing):
        raise DataError(
            f"{len(missing)} pairs of the split are not among the interactions, the first of them "
            f"user {user[missing[0]]}, item {item[missing[0]]}",
            cure="Make the split again from the present interactions",
        )
    return places


def user_order(
    interactions: Interactions, rows: np.ndarray, rng: np.random.Generator, *, by_time: bool
) -> np.ndarray:
    """Order of `rows` by user and, within a user, by time then item, or at random without time."""
    user = interactions.user[rows]
    if by_time and interactions.time is not None:
        return np.lexsort((interactions.item[rows], interactions.time[rows], user))
    return np.lexsort((rng.random(len(rows)), user))


def tail_parts(
    user: np.ndarray, order: np.ndarray, n_test: np.ndarray, n_validation: np.ndarray
) -> np.ndarray:
    """Part of each row when each user's last rows are test and those before them validation.

    Args:
        user: (R,) ids.
        order: (R,) positions sorted by user, then from first to last.
        n_test, n_validation: (n_users,) how many rows of each user.

    Returns:
        (R,) int8 indices into PARTS.
    """
    sorted_user = user[order]
    ends = np.cumsum(np.bincount(user, minlength=len(n_test)))
    from_end = ends[sorted_user] - np.arange(len(user))
    test = n_test[sorted_user]
    sorted_part = np.full(len(user), PARTS.index(TRAIN), np.int8)
    sorted_part[from_end <= test + n_validation[sorted_user]] = PARTS.index(VALIDATION)
    sorted_part[from_end <= test] = PARTS.index(TEST)
    part = np.empty_like(sorted_part)
    part[order] = sorted_part
    return part


def single_fold(
    interactions: Interactions, rows: np.ndarray, part: np.ndarray, weight: np.ndarray | None = None
) -> Assignment:
    """The assignment of `rows` to `part`, in one fold."""
    return Assignment(
        fold=np.zeros(len(rows), np.int16),
        part=part,
        user=interactions.user[rows],
        item=interactions.item[rows],
        weight=np.ones(len(rows), np.float32) if weight is None else weight,
    )


def distinct(ids: np.ndarray, size: int) -> np.ndarray:
    """The ids below `size` that occur, ascending."""
    present = np.zeros(size, bool)
    present[ids] = True
    return np.flatnonzero(present).astype(np.int32)
