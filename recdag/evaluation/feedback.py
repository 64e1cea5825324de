"""Which held-out items a model may have met in other feedback than the one it is tested on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array

from recdag.evaluation.metrics import USER_GROUPS
from recdag.evaluation.split import HeldOut, Split
from recdag.evaluation.summary import Evaluation, Summary, pool_folds, summarise
from recdag.training.data import TrainingData


def summarise_by_feedback(
    evaluations: Sequence[Evaluation], splits: Sequence[Split], *, seed: int = 0
) -> dict[str, dict[str, Summary]]:
    """The metrics of those who met their held-out item in supportive feedback, and of the others.

    Only where a sample of items that the user never touched is ranked: among all items, "she clicked
    it" tells the held-out item from few.

    Args:
        evaluations: of the test users of each split, in their order.
        splits: the folds.
        seed: of the bootstrap.

    Returns:
        Group of USER_GROUPS -> metric -> summary, the folds pooled; no group without users, nothing where
        all items are ranked or the data have no supportive feedback.
    """
    groups: dict[str, list[Evaluation]] = {group: [] for group in USER_GROUPS}
    for evaluation, split in zip(evaluations, splits, strict=True):
        data = split.train_and_validation or split.train
        if split.test.candidates is None or not data.supportive:
            return {}
        seen = seen_in_supportive(data, split.test)
        for group, chosen in (("seen", seen), ("unseen", ~seen)):
            if chosen.any():
                groups[group].append(evaluation.of(chosen))
    return {group: summarise(pool_folds(parts), seed=seed) for group, parts in groups.items() if parts}


def among_touched(split: Split, seed: int) -> HeldOut:
    """The test users with other candidates: items that they touched and did not choose.

    Of each user's negatives as many as there are such items, drawn at random without replacement from
    those with supportive feedback and neither in training nor held out, take the place of the protocol's;
    the rest of her negatives stays.

    Args:
        split: of a protocol that ranks a sample; its test users are in training.
        seed: of what is drawn.
    """
    test, rng = split.test, np.random.default_rng(seed)
    assert test.candidates is not None
    candidates = test.candidates.copy()
    only = _touched(split)
    user, column = np.nonzero(_negative(test))
    shuffled = np.lexsort((rng.random(len(user)), user))
    user, column = user[shuffled], column[shuffled]
    owner = np.repeat(np.arange(len(test)), np.diff(only.indptr))
    items = only.indices[np.lexsort((rng.random(len(owner)), owner))]
    drawn = _place(owner) < np.bincount(user, minlength=len(test))[owner]
    replaced = _place(user) < np.diff(only.indptr)[user]
    candidates[user[replaced], column[replaced]] = items[drawn]
    return replace(test, candidates=np.sort(candidates, axis=1))


def number_touched(split: Split) -> float:
    """How many of a test user's negatives have her supportive feedback, mean over users."""
    negatives = _keys(split.test)[_negative(split.test)]
    return float(np.isin(negatives, _cells(_touched(split))).sum()) / len(split.test)


def _touched(split: Split) -> csr_array:
    """(B, m) whose stored cells are the items that test users touched and did not choose."""
    data = split.train_and_validation or split.train
    only = data.met_only()[split.test.users]
    only = csr_array(only - only.multiply(split.test.target > 0))
    only.eliminate_zeros()
    only.sort_indices()
    return only


def _negative(held_out: HeldOut) -> np.ndarray:
    """(B, C) bool, the candidates that are not held out."""
    keys = _keys(held_out)
    return (keys >= 0) & ~np.isin(keys, _cells(held_out.target))


def _keys(held_out: HeldOut) -> np.ndarray:
    """(B, C) int64 row * m + item of the candidates, -1 where there is none."""
    assert held_out.candidates is not None
    items = held_out.candidates.astype(np.int64)
    rows = np.arange(len(held_out))[:, None] * held_out.target.shape[1]
    return np.where(items >= 0, rows + items, -1)


def _cells(matrix: csr_array) -> np.ndarray:
    """Row * m + column of the stored cells."""
    cells = matrix.tocoo()
    return cells.row.astype(np.int64) * matrix.shape[1] + cells.col


def _place(sorted_ids: np.ndarray) -> np.ndarray:
    """The place of each among those that are equal to it, from 0."""
    return np.arange(len(sorted_ids)) - np.searchsorted(sorted_ids, sorted_ids)


def seen_in_supportive(data: TrainingData, held_out: HeldOut) -> np.ndarray:
    """Users who met one of their held-out items in supportive feedback.

    Where the other candidates are items that the user never touched, "she clicked it" alone tells such
    an item from them; a metric over these users is another quantity than one over the rest.

    Args:
        data: what the model learned from, with the same columns as `held_out`.
        held_out: B users with their held-out items.

    Returns:
        (B,) bool; False for users who are not in training.
    """
    known = np.flatnonzero(held_out.users >= 0)
    target = held_out.target[known] > 0
    met = csr_array(target.shape, dtype=bool)
    for counts in data.supportive.values():
        met = met + (counts[held_out.users[known]] > 0)
    seen = np.zeros(len(held_out), bool)
    seen[known] = np.diff(csr_array(target.multiply(met)).indptr) > 0
    return seen
