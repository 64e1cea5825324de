"""What differs between two sets of settings, in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Names whose values differ, in the form in which both are kept."""
    before, after = _kept(old), _kept(new)
    return [name for name in dict.fromkeys([*after, *before]) if before.get(name) != after.get(name)]


def in_words(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """`factors 8 → 16`."""
    return f"{name} {written(old.get(name))} → {written(new.get(name))}"


def written(value: Any) -> str:
    """A value as a person writes it."""
    return "unset" if value is None else json.dumps(value, default=str).strip('"')


def _kept(values: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(json.dumps(dict(values), default=str))
    return kept
