"""A logger for runs that have a display of their own."""

import logging

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
