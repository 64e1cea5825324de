"""What a protocol makes of interactions: training data, and users with held-out items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_array

from recdag.training.data import TrainingData


@dataclass(frozen=True)
class Interactions:
    """The positive interactions of a data set, one row a (user, item) pair, sorted by both.

    Attributes:
        n_users, n_items: sizes of the id spaces; ids are 0-based and dense.
        user, item: (P,) int32.
        strength: (P,) float32 count or rating.
        time: (P,) int64 seconds of the latest event of the pair, or None where the data has no time.
        supportive: behaviour -> (n_users, n_items) counts of each behaviour other than the target.
        met_at: (n_users, n_items) seconds from the data set's first event to the pair's latest one in a
            supportive behaviour; None where there are none, or no times.
    """

    n_users: int
    n_items: int
    user: np.ndarray
    item: np.ndarray
    strength: np.ndarray
    time: np.ndarray | None = None
    supportive: Mapping[str, csr_array] = field(default_factory=dict)
    met_at: csr_array | None = None

    def __len__(self) -> int:
        return len(self.user)


TRAIN, VALIDATION_INPUT, VALIDATION, TEST_INPUT, TEST = (
    "train",
    "validation_input",
    "validation",
    "test_input",
    "test",
)
PARTS = (TRAIN, VALIDATION_INPUT, VALIDATION, TEST_INPUT, TEST)


@dataclass(frozen=True)
class Assignment:
    """Which part of a split each interaction belongs to: what the warehouse stores of a split.

    Attributes:
        fold: (R,) int16, 0 unless the protocol has several folds.
        part: (R,) int8 index into PARTS. The `*_input` parts exist only where held-out users are
            not training users (strong generalization).
        user, item: (R,) int32 ids of the data set.
        weight: (R,) float32, the weight of a held-out cell (its relative rating under
            holdout_10pct), 1 elsewhere.
        candidates: part name (validation or test) -> (user ids (B,), items (B, C) int32 padded
            with -1); only protocols that rank a sample have them.
    """

    fold: np.ndarray
    part: np.ndarray
    user: np.ndarray
    item: np.ndarray
    weight: np.ndarray
    candidates: Mapping[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)


@dataclass(frozen=True)
class HeldOut:
    """Users whose held-out items are to be ranked high.

    Attributes:
        user_ids: (B,) int32 ids of the data set.
        users: (B,) int64 rows of the training matrix, -1 for users not in training.
        history: (B, m) items given to the model; never ranked.
        target: (B, m) held-out items; data are their weights.
        candidates: (B, C) int32 item columns to rank, padded with -1, the targets among them; None
            ranks all items but the history.
    """

    user_ids: np.ndarray
    users: np.ndarray
    history: csr_array
    target: csr_array
    candidates: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.users)


@dataclass(frozen=True)
class Split:
    """One fold of a protocol, ready for a model.

    Rows and columns of all matrices are positions in `user_ids` and `item_ids`.

    Attributes:
        user_ids: (n,) int32 data-set ids of the training rows.
        item_ids: (m,) int32 data-set ids of the columns.
        train: what the model learns from while hyperparameters are chosen.
        validation: held-out part on which they are chosen.
        test: looked at once, at the end.
        train_and_validation: training data of the final fit, where the validation items belong to
            training users; None where validation users are users of their own.
    """

    fold: int
    user_ids: np.ndarray
    item_ids: np.ndarray
    train: TrainingData
    validation: HeldOut
    test: HeldOut
    train_and_validation: TrainingData | None = None
