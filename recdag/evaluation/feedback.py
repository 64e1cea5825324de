"""Which held-out items a model may have met in other feedback than the one it is tested on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array

from recdag.evaluation.metrics import USER_GROUPS, of_group
from recdag.evaluation.split import HeldOut, Split
from recdag.evaluation.summary import Evaluation, Summary, pool_folds, summarise
from recdag.training.data import TrainingData


def summarise_by_feedback(
    evaluations: Sequence[Evaluation], splits: Sequence[Split], *, seed: int = 0
) -> dict[str, Summary]:
    """The metrics of those who met their held-out item in supportive feedback, and of the others.

    Only where a sample of items that the user never touched is ranked: among all items, "she clicked
    it" tells the held-out item from few.

    Args:
        evaluations: of the test users of each split, in their order.
        splits: the folds.
        seed: of the bootstrap.

    Returns:
        `hr@10_seen`, `hr@10_unseen` and so on, the folds pooled; no metric of a group without users,
        nothing where all items are ranked or the data have no supportive feedback.
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
    return {
        of_group(name, group): summary
        for group, parts in groups.items()
        if parts
        for name, summary in summarise(pool_folds(parts), seed=seed).items()
    }


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
