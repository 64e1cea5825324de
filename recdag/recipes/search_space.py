"""What a search may try for a hyperparameter, as a recipe states it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recdag.errors import ConfigError
from recdag.recipes.mapping import mapping
from recdag.recommenders.config import Config, HyperparameterError


@dataclass(frozen=True)
class Choice:
    """One of some values without an order."""

    values: tuple[Any, ...]

    def __contains__(self, value: Any) -> bool:
        return value in self.values

    def __str__(self) -> str:
        return "one of " + ", ".join(map(str, self.values))


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included; whole ones where both bounds are `int`.

    Attributes:
        log: look as closely at 0.001 to 0.01 as at 0.1 to 1.
    """

    low: float
    high: float
    log: bool = False

    @property
    def integer(self) -> bool:
        return isinstance(self.low, int)

    def __contains__(self, value: Any) -> bool:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and self.low <= value <= self.high

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}"


Space = Choice | Range


def read_space(config: type[Config], name: str, content: Any, own: Mapping[str, Any], where: str) -> Space:
    """The search space of one hyperparameter.

    Args:
        content: a list of values, or a mapping with `low`, `high` and perhaps `log`.
        own: the recipe's own values by where they hold; a search begins with them.
        where: the entry, for messages.

    Raises:
        ConfigError: not of that form, a value that the hyperparameter cannot take, or a space that
            leaves out one of the recipe's own values.
    """
    at = f"{where}.search"
    read = _choice if isinstance(content, list) else _range
    space: Space = read(config, name, content, at)
    for place, value in own.items():
        if _checked(config, name, value, f"{where}, {place}") not in space:
            raise ConfigError(
                f"the recipe's own value {value!r} ({place}) is not in the search space ({space})",
                where=at,
                cure="A search begins with it: widen the space",
            )
    return space


def _choice(config: type[Config], name: str, content: list[Any], where: str) -> Choice:
    values = tuple(_checked(config, name, value, where) for value in content)
    if len(values) < 2 or any(value in values[:place] for place, value in enumerate(values)):
        raise ConfigError(
            f"{content!r} is no choice", where=where, cure="List two or more values, each of them once"
        )
    return Choice(values)


def _range(config: type[Config], name: str, content: Any, where: str) -> Range:
    content = mapping(content, where, {"low", "high"}, {"log"})
    if isinstance(config.model_fields[name].default, str | bool | list):
        raise ConfigError(f"{name} is no number", where=where, cure=f"List values: {name}: [..., ...]")
    low, high = (_checked(config, name, content[end], where) for end in ("low", "high"))
    log = content.get("log", False)
    if not isinstance(log, bool):
        raise ConfigError(f"log: {log!r} is neither true nor false", where=where, cure="Write log: true")
    if low is None or high is None or low >= high:
        raise ConfigError(f"low {low} is not below high {high}", where=where, cure="Exchange them")
    if log and low <= 0:
        raise ConfigError(f"no logarithm of low {low:g}", where=where, cure="Raise low above 0, or drop log")
    return Range(low, high, log)


def _checked(config: type[Config], name: str, value: Any, where: str) -> Any:
    try:
        return config.checked(name, value)
    except HyperparameterError as error:
        raise ConfigError(error.problem, where=where, cure="Keep the search within the bounds") from error
