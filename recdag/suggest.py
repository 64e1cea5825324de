"""Names in messages: what may have been meant, what is known, and many as few."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name that is spelt most like `word`; None where none is near."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1)), None)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """What may have been meant, as the end of a message; empty where nothing is near."""
    near = nearest(word, known)
    return f"; did you mean {near}?" if near else ""


def names_known(word: str, known: Iterable[str]) -> str:
    """The cure for a misspelt name: the nearest of the known ones, and all of them."""
    listed = ", ".join(names := sorted(known)) or "none"
    near = nearest(word, names)
    return f"Did you mean {near!r}? Known: {listed}" if near else f"Known: {listed}"


def listed(names: Sequence[str], most: int = 3) -> str:
    """`a, b, c and 4 more`."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
