"""A logger for runs that have a display of their own."""

import io
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from typing import TextIO

import dagster as dg

_LOGGER = logging.Logger("recdag.display", logging.DEBUG)
_LOGGER.addHandler(logging.NullHandler())


def attach_display(*handlers: logging.Handler) -> None:
    """Send the events of runs with the logger `display` to these alone."""
    _LOGGER.handlers = list(handlers)


@dg.logger
def display_logger(context: dg.InitLoggerContext) -> logging.Logger:
    """Hands every event to the attached display; prints nothing of its own."""
    return _LOGGER


@contextmanager
def without_echo() -> Iterator[None]:
    """Keep off the terminal what Dagster writes of an event that it could not store: it raises as well."""
    with redirect_stderr(_WithoutEcho(sys.stderr)):
        yield


class _WithoutEcho(io.TextIOBase):
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        echo = text.startswith("Exception while writing logger call to event log")
        return len(text) if echo else self._stream.write(text)

    def flush(self) -> None:
        self._stream.flush()
