"""What a user says of a file that is to become a data set, and what still has to be said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from recdag.errors import DataError

Encoding = Literal["utf-8", "latin-1", "utf-16"]

NONE = "none"
"""In the place of an optional column: the data have no such column, whatever it looks like."""


@dataclass(frozen=True)
class Wishes:
    """Answers given beforehand; None leaves it to the file.

    Attributes:
        name: of the data set.
        title, licence: for people.
        user, item, behaviour, rating, count, time: columns, by name or by position from 1; `none` for
            an optional one that is not there.
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
    target: str | None = None
    threshold: float | None = None
    time_format: str | None = None
    separator: str | None = None
    encoding: Encoding | None = None


class Unanswered(DataError):
    """A question that the file does not answer.

    Attributes:
        field: of `Wishes`, also the name of the option that answers it.
        choices: what can be answered.
        guess: what is likely; None where nothing is.

    Args:
        example: options that answer it, where more than one is in question.
    """

    def __init__(
        self,
        problem: str,
        *,
        field: str,
        choices: Sequence[str],
        guess: str | None = None,
        where: str,
        example: str = "",
    ) -> None:
        self.field, self.choices, self.guess = field, tuple(choices), guess
        answer = guess or choices[0]
        shown = f"'{answer}'" if set(answer) & set(" %|;\t") else answer
        option = f"--{field.replace('_', '-')} {shown}"
        others = "" if example or len(choices) < 2 else f" (there are: {', '.join(choices[:20])})"
        super().__init__(problem, where=where, cure=f"Say so with {example or option}{others}")
