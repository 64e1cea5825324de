"""What a recommender learns from, as sparse matrices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array


@dataclass(frozen=True)
class TrainingData:
    """Training interactions of n users with m items.

    Attributes:
        positives: (n, m) float32 ones where the user chose the item.
        strength: (n, m) float32 raw count or rating, on the same cells in the same order.
        supportive: behaviour name -> (n, m) float32 counts of a feedback type other than the
            target, for example clicks beside purchases. Empty where a data set has one behaviour.
        met_at: (n, m) float32 seconds from the data set's first event to the latest one in a supportive
            behaviour, on the cells that have any; None where there are no such behaviours or no times.
    """

    positives: csr_array
    strength: csr_array
    supportive: Mapping[str, csr_array] = field(default_factory=dict)
    met_at: csr_array | None = None

    @property
    def n_users(self) -> int:
        return self.positives.shape[0]

    @property
    def n_items(self) -> int:
        return self.positives.shape[1]

    def met_only(self) -> csr_array:
        """(n, m) whose stored cells are those with supportive feedback and no positive."""
        met = csr_array(self.positives.shape, dtype=np.float32)
        for counts in self.supportive.values():
            met = met + (counts > 0).astype(np.float32)
        only = csr_array(met - met.multiply(self.positives > 0))
        only.eliminate_zeros()
        only.sort_indices()
        return only

    @cached_property
    def relative_rating(self) -> csr_array:
        """(n, m) relative ratings of the training cells; see `relative_rating`."""
        return relative_rating(self.strength)


def relative_rating(strength: csr_array) -> csr_array:
    """Share of an item's users whose strength is no larger than this user's.

    Implicit CF-NADE, section 5.1: rt_ui = #{v: 0 < r_vi <= r_ui} / #{v: r_vi > 0}.

    Args:
        strength: (n, m) positive counts or ratings.

    Returns:
        (n, m) float32 values in (0, 1] on the cells of `strength`.
    """
    by_item = strength.tocsc()
    items = np.repeat(np.arange(by_item.shape[1]), np.diff(by_item.indptr))
    order = np.lexsort((by_item.data, items))
    values, groups = by_item.data[order], items[order]
    # The last position of each run of equal (item, value) counts all cells that are no larger.
    run_ends = np.flatnonzero(np.append((np.diff(values) != 0) | (np.diff(groups) != 0), True))
    no_larger = run_ends[np.searchsorted(run_ends, np.arange(len(values)))] + 1
    share = (no_larger - by_item.indptr[groups]) / np.diff(by_item.indptr)[groups]
    by_item.data = np.empty_like(by_item.data)
    by_item.data[order] = share.astype(np.float32)
    return csr_array(by_item.tocsr())
