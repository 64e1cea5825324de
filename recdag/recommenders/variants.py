"""Variants as sets of settings: "factors=8,layers=3" is {factors=8, layers=3}."""

from __future__ import annotations

import re

_COMMA_OUTSIDE_BRACKETS = re.compile(r",(?![^\[]*\])")


def settings_of(variant: str) -> frozenset[str]:
    """The settings named in a variant; numbers in one spelling, so that 0.10 and .1 are the same."""
    parts = (part.strip() for part in _COMMA_OUTSIDE_BRACKETS.split(variant))
    return frozenset(_normalized(part) for part in parts if part)


def _normalized(setting: str) -> str:
    key, sign, value = (part.strip() for part in setting.partition("="))
    try:
        return f"{key}{sign}{float(value):g}"
    except ValueError:
        return f"{key}{sign}{value}"
