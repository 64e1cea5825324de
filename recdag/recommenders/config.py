"""Hyperparameters of every recommender: names, types, bounds, meaning.

Free of torch, so that the user interface can show and check them without loading it. The defaults
are this project's starting points; what a paper used is in models/recipes, with its source.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from recdag.errors import ConfigError


def hyper(
    default: Any,
    doc: str,
    *,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
) -> Any:
    """A dataclass field for one hyperparameter: default, meaning, and inclusive/exclusive bounds."""
    bounds = {k: v for k, v in {"ge": ge, "gt": gt, "le": le, "lt": lt}.items() if v is not None}
    metadata = {"doc": doc, "bounds": bounds}
    if isinstance(default, list):
        return field(default_factory=lambda: list(default), metadata=metadata)
    return field(default=default, metadata=metadata)


_BOUND_CHECKS = {
    "ge": (lambda value, bound: value >= bound, ">="),
    "gt": (lambda value, bound: value > bound, ">"),
    "le": (lambda value, bound: value <= bound, "<="),
    "lt": (lambda value, bound: value < bound, "<"),
}


@dataclass(frozen=True)
class Config:
    """Base of all configurations: checks types' ranges on construction."""

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self))
        for spec in fields(self):
            value = getattr(self, spec.name)
            if get_origin(hints[spec.name]) is Literal and value not in get_args(hints[spec.name]):
                raise ConfigError(
                    f"{spec.name}={value!r} is not one of {', '.join(map(repr, get_args(hints[spec.name])))}"
                )
            for each in value if isinstance(value, list) else [value]:
                for name, bound in spec.metadata.get("bounds", {}).items():
                    holds, sign = _BOUND_CHECKS[name]
                    if not holds(each, bound):
                        raise ConfigError(f"{spec.name}={value!r} has to be {sign} {bound}")


@dataclass(frozen=True)
class NetworkConfig(Config):
    """What all networks trained by passes over the users share."""

    epochs: int = hyper(200, "passes over the users", ge=1)
    patience: int | None = hyper(20, "validations without improvement before training ends")
    validate_every: int = hyper(1, "epochs between validations", ge=1)
