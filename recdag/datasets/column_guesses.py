"""What columns of unknown names may hold, judged by their first values."""

from __future__ import annotations

import re
from collections.abc import Sequence

from recdag.datasets.times import is_number, looks_like_time
from recdag.datasets.validation import TRUTHS

MOST_BEHAVIOURS = 20
_DEEDS = re.compile(
    "view|click|visit|open|read|watch|listen|play|like|favou?rite|save|wish|cart|basket|share|rent|download|"
    "order|buy|bought|purchase|checkout|sale|sold|transaction|impression|remove|refund|return"
)
"""Words in what a behaviour is called."""
_ROW_NUMBERS = 0.95
"""Whole numbers of which so many differ are those of orders or rows, and no counts."""


def may_be_counts(values: Sequence[str]) -> bool:
    """Whether a column of unknown name may say how often or how much: numbers that vary, or truth values."""
    distinct = set(values)
    if len(distinct) < 2 or looks_like_time(values):
        return False
    if all(value.strip().lower() in TRUTHS for value in distinct):
        return True
    numbers = all(map(is_number, distinct))
    row_numbers = len(values) >= 20 and len(distinct) >= _ROW_NUMBERS * len(values)
    return numbers and not (row_numbers and all(float(value).is_integer() for value in distinct))


def may_be_behaviours(values: Sequence[str]) -> bool:
    """Whether a column of unknown name may say what was done."""
    distinct = set(values)
    few = 2 <= len(distinct) <= min(MOST_BEHAVIOURS, len(values) // 2)
    return few and any(_DEEDS.search(value.lower()) for value in distinct)


def span(values: Sequence[str]) -> str:
    """Smallest and largest number, or the two truth values."""
    if not all(map(is_number, values)):
        return " or ".join(sorted(set(values))[:2])
    numbers = [float(value) for value in values]
    return f"{min(numbers):g} to {max(numbers):g}"


def unlikely_key(values: Sequence[str]) -> bool:
    """Whether a column hardly holds users or items: times, or numbers that are not whole."""
    numbers = [float(value) for value in values if is_number(value)]
    return looks_like_time(values) or not all(map(float.is_integer, numbers))
