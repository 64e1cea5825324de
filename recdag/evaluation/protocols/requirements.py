"""What a split has to hold so that models can be chosen and compared by it."""

from __future__ import annotations

import numpy as np

from recdag.errors import NotApplicable
from recdag.evaluation.split import PARTS, TEST, TEST_INPUT, TRAIN, VALIDATION, VALIDATION_INPUT, Assignment

FEWEST_USERS = 2
"""A mean over users has an error only where there are two."""


def require_held_out(assignment: Assignment) -> None:
    """Every fold has training interactions, and users for validation and for test.

    Raises:
        NotApplicable: one has not.
    """
    for fold in np.unique(assignment.fold):
        rows = assignment.fold == fold
        user, part = assignment.user[rows], assignment.part[rows]
        for held_out, given in ((VALIDATION, VALIDATION_INPUT), (TEST, TEST_INPUT)):
            known = np.isin(part, [PARTS.index(TRAIN), PARTS.index(given)])
            users = np.intersect1d(user[part == PARTS.index(held_out)], user[known])
            if len(users) < FEWEST_USERS:
                raise NotApplicable(
                    f"only {len(users)} users have an interaction to learn from and another for {held_out}",
                    cure="It takes users with more interactions, or more of them",
                )
