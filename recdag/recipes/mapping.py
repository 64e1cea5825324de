"""Mappings as a person wrote them into a YAML file, checked by their keys."""

from __future__ import annotations

from typing import Any

from recdag.errors import ConfigError
from recdag.suggest import names_known


def mapping(
    content: Any, where: str, required: set[str] | None = None, optional: set[str] | None = None
) -> dict[str, Any]:
    """`content` as a mapping by text, holding the required keys and none beyond the optional.

    Raises:
        ConfigError: it is not.
    """
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        expected = ", ".join(sorted(required)) if required else "names"
        raise ConfigError(f"{content!r} is not a mapping", where=where, cure=f"Expected keys: {expected}")
    if required is None:
        return content
    allowed = required | (optional or set())
    for key in content:
        if key not in allowed:
            raise ConfigError(f"unknown key {key!r}", where=where, cure=names_known(key, allowed))
    if missing := required - content.keys():
        raise ConfigError(f"missing: {', '.join(sorted(missing))}", where=where, cure="Add it")
    return content
