"""What a user says of a file that is to become a data set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

Encoding = Literal["utf-8", "latin-1", "utf-16"]

NONE = "none"
"""In the place of an optional column: the data have no such column, whatever it looks like."""


@dataclass(frozen=True)
class ImportHints:
    """Answers given beforehand; None leaves it to the file.

    Attributes:
        name: of the data set.
        title, licence: for people.
        user, item, behaviour, rating, count, time: columns, by name or by position from 1; `none` for
            an optional one that is not there.
        ignore: columns that are left out, whatever they look like.
        target: the behaviour to be predicted.
        threshold: smallest rating or count of a positive.
        time_format: as in the catalogue.
        separator, encoding: of text.
    """

    name: str | None = None
    title: str | None = None
    licence: str | None = None
    user: str | None = None
    item: str | None = None
    behaviour: str | None = None
    rating: str | None = None
    count: str | None = None
    time: str | None = None
    ignore: tuple[str, ...] = ()
    target: str | None = None
    threshold: float | None = None
    time_format: str | None = None
    separator: str | None = None
    encoding: Encoding | None = None

    def answered(self, field: str, answer: str) -> ImportHints:
        """With one more answer.

        Raises:
            ValueError: the answer has to be a number and is none.
        """
        given: dict[str, Any] = {field: float(answer) if field == "threshold" else answer}
        return replace(self, **given)
