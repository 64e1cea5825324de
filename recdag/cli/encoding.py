"""Terminals that do not know every character."""

import codecs
import sys
from io import TextIOWrapper

_PLAIN = {
    "✓": "+",
    "✗": "x",
    "≈": "~",
    "…": "...",
    "→": "->",
    "–": "-",
    "—": "-",
    "·": "-",
    "×": "x",
    "±": "+-",
}


def write_what_the_terminal_knows() -> None:
    """From now on a character that the terminal's encoding lacks is written as something plain."""
    codecs.register_error("recdag.plain", _in_ascii)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="recdag.plain")


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_PLAIN.get(each, "?") for each in error.object[error.start : error.end]), error.end
