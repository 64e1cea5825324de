"""What a file does not tell, with the options that would."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from recdag.errors import DataError


@dataclass(frozen=True)
class Question:
    """One thing to be said.

    Attributes:
        problem: what is not known, as one sentence without a final full stop.
        field: of `ImportHints`, also the name of the option that answers it.
        choices: what can be answered.
        guess: what is likely; None where nothing is.
        example: options that answer it, where there is more to say than that one.
    """

    problem: str
    field: str
    choices: tuple[str, ...]
    guess: str | None = None
    example: str = ""

    @property
    def cure(self) -> str:
        """The options to be typed, and what else can be answered."""
        if self.example:
            return self.example
        answer = self.guess or self.choices[0]
        others = f" (there are: {', '.join(self.choices[:20])})" if len(self.choices) > 1 else ""
        return f"--{self.field.replace('_', '-')} {shlex.quote(answer)}{others}"


class NeedsAnswer(DataError):
    """Questions that a file does not answer; all of them, so that they can be answered at once."""

    def __init__(self, questions: Sequence[Question], *, where: str) -> None:
        self.questions = tuple(questions)
        if len(questions) == 1:
            super().__init__(questions[0].problem, where=where, cure=f"Say so with {questions[0].cure}")
        else:
            lines = "".join(f"\n- {each.problem}. Say so with {each.cure}" for each in questions)
            super().__init__(f"{len(questions)} things are not clear", where=where, cure=f"Say all:{lines}")
