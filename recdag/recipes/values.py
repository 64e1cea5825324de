"""Values that a person wrote into a recipe, checked against the types of the hyperparameters."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from recdag.errors import ConfigError
from recdag.recommenders.config import Config
from recdag.suggest import names_known

_HINTS: dict[type[Config], dict[str, Any]] = {}


def mapping(
    content: Any, where: str, required: set[str] | None = None, optional: set[str] | None = None
) -> dict[str, Any]:
    """`content` as a mapping by text, holding the required keys and none beyond the optional.

    Raises:
        ConfigError: it is not.
    """
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        shown = ", ".join(sorted(required)) if required else "names"
        raise ConfigError(f"{content!r} is not a mapping", where=where, cure=f"Expected keys: {shown}")
    if required is None:
        return content
    allowed = required | (optional or set())
    for key in content:
        if key not in allowed:
            raise ConfigError(f"unknown key {key!r}", where=where, cure=names_known(key, allowed))
    if missing := required - content.keys():
        raise ConfigError(f"missing: {', '.join(sorted(missing))}", where=where, cure="Add it")
    return content


def checked(config_class: type[Config], name: str, value: Any, where: str) -> Any:
    """`value` as the type that the hyperparameter has.

    Raises:
        ConfigError: no such hyperparameter, or a value of another type.
    """
    hints = _hints(config_class)
    if name not in hints:
        raise ConfigError(f"no hyperparameter is called {name!r}", where=where, cure=names_known(name, hints))
    for hint in alternatives(hints[name]):
        accepted, converted = _converted(value, hint)
        if accepted:
            return converted
    raise ConfigError(
        f"{value!r} is not of type {_shown(hints[name])}", where=where, cure="Correct the value"
    )


def _hints(config_class: type[Config]) -> dict[str, Any]:
    if config_class not in _HINTS:
        _HINTS[config_class] = get_type_hints(config_class)
    return _HINTS[config_class]


def alternatives(hint: Any) -> tuple[Any, ...]:
    """The types that a type hint allows."""
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _converted(value: Any, hint: Any) -> tuple[bool, Any]:
    """(whether `value` fits the type, the value in that type).

    YAML reads 1e-3 as text, so text that spells a number passes where a float is wanted.
    """
    if get_origin(hint) is Literal:
        return value in get_args(hint), value
    if get_origin(hint) is list:
        if not isinstance(value, list):
            return False, value
        each = [_converted(element, get_args(hint)[0]) for element in value]
        return all(accepted for accepted, _ in each), [converted for _, converted in each]
    if hint is NoneType:
        return value is None, value
    if hint is float and not isinstance(value, bool):
        try:
            return isinstance(value, int | float | str), float(value)
        except (TypeError, ValueError, OverflowError):
            return False, value
    return type(value) is hint, value


def _shown(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return "one of " + ", ".join(map(str, get_args(hint)))
    if get_origin(hint) is None:
        return "none" if hint is NoneType else hint.__name__
    return str(hint)
