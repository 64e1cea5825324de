"""From an assignment of interactions to the matrices that models and the evaluator take."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from recdag.errors import DataError
from recdag.evaluation.protocols.cells import distinct, positions
from recdag.evaluation.split import (
    PARTS,
    TEST,
    TEST_INPUT,
    TRAIN,
    VALIDATION,
    VALIDATION_INPUT,
    Assignment,
    HeldOut,
    Interactions,
    Split,
)
from recdag.training.data import TrainingData


def build_splits(interactions: Interactions, assignment: Assignment) -> list[Split]:
    """The split of every fold; see `build_split`."""
    return [build_split(interactions, assignment, int(fold)) for fold in np.unique(assignment.fold)]


def build_split(interactions: Interactions, assignment: Assignment, fold: int = 0) -> Split:
    """The matrices of one fold.

    Rows are the users with training cells. Columns are the items of training users where held-out
    users fold in; else all items of the assignment and, where candidates are sampled, the items
    that they are sampled from: those touched in any behaviour. A held-out user who is no
    training user is left out unless she folds in. What a model is given of a held-out user is her
    training row, and for test her validation items too.

    Raises:
        DataError: the fold has no training cell, or the assignment does not belong to the
            interactions.
    """
    return _Builder(interactions, assignment, fold).split()


class _Builder:
    """Ids to rows and columns for one fold."""

    def __init__(self, interactions: Interactions, assignment: Assignment, fold: int) -> None:
        rows = assignment.fold == fold
        self.fold = fold
        self.interactions = interactions
        self.candidates = assignment.candidates
        self.part, self.user, self.item, self.weight = (
            values[rows] for values in (assignment.part, assignment.user, assignment.item, assignment.weight)
        )
        self.folds_in = bool((self.of(VALIDATION_INPUT) | self.of(TEST_INPUT)).any())
        train = self.of(TRAIN)
        if not train.any():
            raise DataError(f"fold {fold} of the split has no training interaction")
        self.user_ids = distinct(self.user[train], interactions.n_users)
        self.item_ids = self._columns(train)
        self.row_of = _inverse(self.user_ids, interactions.n_users)
        self.column_of = _inverse(self.item_ids, interactions.n_items)

    def of(self, *parts: str) -> np.ndarray:
        return np.isin(self.part, [PARTS.index(part) for part in parts])

    def _columns(self, train: np.ndarray) -> np.ndarray:
        if self.folds_in:
            return distinct(self.item[train], self.interactions.n_items)
        touched = [self.item, *(items[items >= 0] for _, items in self.candidates.values())]
        if self.candidates:
            touched += [counts.indices for counts in self.interactions.supportive.values()]
        return distinct(np.concatenate(touched), self.interactions.n_items)

    def split(self) -> Split:
        in_training = not self.folds_in
        return Split(
            fold=self.fold,
            user_ids=self.user_ids,
            item_ids=self.item_ids,
            train=self._training(TRAIN),
            validation=self._held_out(VALIDATION, (TRAIN,) if in_training else (VALIDATION_INPUT,)),
            test=self._held_out(TEST, (TRAIN, VALIDATION) if in_training else (TEST_INPUT,)),
            train_and_validation=self._training(TRAIN, VALIDATION) if in_training else None,
        )

    def _training(self, *parts: str) -> TrainingData:
        cells = self.of(*parts) & (self.row_of[self.user] >= 0)
        user, item = self.user[cells], self.item[cells]
        values = self.interactions.strength[positions(self.interactions, user, item)]
        strength = self._matrix(self.row_of[user], item, values, len(self.user_ids))
        positives = csr_array(
            (np.ones_like(strength.data), strength.indices, strength.indptr), shape=strength.shape
        )
        return TrainingData(positives, strength, self._supportive, self._met_at)

    @cached_property
    def _supportive(self) -> dict[str, csr_array]:
        return {name: self._part(counts) for name, counts in self.interactions.supportive.items()}

    @cached_property
    def _met_at(self) -> csr_array | None:
        met_at = self.interactions.met_at
        return None if met_at is None else self._part(met_at)

    def _part(self, matrix: csr_array) -> csr_array:
        """Rows and columns of the fold."""
        return matrix[self.user_ids][:, self.item_ids].astype(np.float32)

    def _held_out(self, part: str, given: tuple[str, ...]) -> HeldOut:
        target = self.of(part)
        if not self.folds_in:
            target &= self.row_of[self.user] >= 0
        user_ids = distinct(self.user[target], self.interactions.n_users)
        place = _inverse(user_ids, self.interactions.n_users)
        history = self.of(*given) & (place[self.user] >= 0)
        ones = np.ones(int(history.sum()), np.float32)
        return HeldOut(
            user_ids=user_ids,
            users=self.row_of[user_ids],
            history=self._matrix(place[self.user[history]], self.item[history], ones, len(user_ids)),
            target=self._matrix(
                place[self.user[target]], self.item[target], self.weight[target], len(user_ids)
            ),
            candidates=self._candidates(part, user_ids) if part in self.candidates else None,
        )

    def _matrix(self, row: np.ndarray, item: np.ndarray, values: np.ndarray, n_rows: int) -> csr_array:
        shape = (n_rows, len(self.item_ids))
        matrix = csr_array((values.astype(np.float32), (row, self.column_of[item])), shape=shape)
        matrix.sort_indices()
        return matrix

    def _candidates(self, part: str, user_ids: np.ndarray) -> np.ndarray:
        users, items = self.candidates[part]
        place = _inverse(users, self.interactions.n_users)[user_ids]
        if (place < 0).any():
            raise DataError(f"the split has {part} users without candidates")
        columns = np.where(items[place] >= 0, self.column_of[items[place]], -1)
        return np.sort(columns, axis=1).astype(np.int32)


def _inverse(ids: np.ndarray, size: int) -> np.ndarray:
    """(size,) position of each id in `ids`, -1 where it is not there."""
    place = np.full(size, -1, np.int64)
    place[ids] = np.arange(len(ids))
    return place
