"""The one kind of error that recdag raises for things a user can put right."""

from __future__ import annotations


class RecdagError(Exception):
    """Says what is wrong, where, and what to do about it.

    Args:
        problem: what is wrong, as one sentence without a final full stop.
        where: the file, row, data set or model concerned.
        cure: what the user can do.
    """

    def __init__(self, problem: str, *, where: str | None = None, cure: str | None = None) -> None:
        self.problem = problem
        self.where = where
        self.cure = cure
        head = f"{where}: {problem}" if where else problem
        joint = "\n" if "\n" in head else ". "
        super().__init__(f"{head}{joint}{cure}" if cure else head)


class DataError(RecdagError):
    """A file, a row or a catalogue entry is not what it should be."""


class NotMade(RecdagError):
    """What something reads has not been made yet, or is away."""


class NotApplicable(DataError):
    """The data do not allow what is asked of them; what hangs on it is skipped and the rest goes on."""


class ConfigError(RecdagError):
    """A hyperparameter, recipe or option has a value that cannot be used."""


class TrainingError(RecdagError):
    """A model could not be trained, for example because its loss is not finite."""


class Cancelled(RecdagError):
    """The run was ended from outside; the last checkpoint is kept."""


def in_one_line(error: BaseException) -> str:
    """What a foreign error says, in one line of at most 200 characters; its type where it says nothing."""
    return (str(error).strip() or type(error).__name__).partition("\n")[0][:200]
