"""What a user may set about a protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from recdag.errors import ConfigError


@dataclass(frozen=True)
class PublishedSplit:
    """A leave-one-out split that the authors published as files, in ids of the data set.

    Attributes:
        train_user, train_item: (P,) training pairs.
        test_user, test_item: (B,) one held-out pair a user.
        candidate_user: (Q,) users with a list of negatives, those of the test among them; none where
            the negatives were not published.
        candidates: (Q, C) their negatives, padded with -1.
    """

    train_user: np.ndarray
    train_item: np.ndarray
    test_user: np.ndarray
    test_item: np.ndarray
    candidate_user: np.ndarray
    candidates: np.ndarray

    @property
    def has_negatives(self) -> bool:
        """Whether the items to rank came with the split."""
        return len(self.candidate_user) > 0


@dataclass(frozen=True)
class ProtocolOptions:
    """Settings of a protocol for one data set; None stands for the protocol's own value.

    Attributes:
        seed: of every random draw.
        min_value: interactions with a smaller strength are left out before everything else.
        min_user, min_item: users and items with fewer interactions are left out: items first, then
            users, once each.
        heldout_users: users held out for validation and again for test (strong generalization);
            by default a tenth of all users.
        published: the authors' own files, used as they are (leave one out).
    """

    seed: int = 98765
    min_value: float = 0.0
    min_user: int | None = None
    min_item: int | None = None
    heldout_users: int | None = None
    published: PublishedSplit | None = field(default=None, compare=False)

    @classmethod
    def from_mapping(cls, settings: Mapping[str, Any], where: str | None = None) -> ProtocolOptions:
        """Options from a recipe or catalogue entry.

        Raises:
            ConfigError: an unknown key, or a value that is no number or negative.
        """
        known = [spec.name for spec in fields(cls) if spec.name != "published"]
        for name, value in settings.items():
            if name not in known:
                raise ConfigError(
                    f"a protocol has no option {name!r}", where=where, cure=f"Known: {', '.join(known)}"
                )
            numbers = (int, float) if name == "min_value" else (int,)
            optional = name not in ("seed", "min_value")
            if (value is None and optional) or (
                isinstance(value, numbers) and not isinstance(value, bool) and value >= 0
            ):
                continue
            kind = "number" if name == "min_value" else "whole number"
            raise ConfigError(f"{name}={value!r} has to be a {kind} that is not negative", where=where)
        return cls(**settings)
