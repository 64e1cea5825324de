"""Hyperparameters of every recommender: names, types, bounds, meaning.

Free of torch, so that the user interface can show and check them without loading it. The defaults
are this project's starting points; what a paper used is in models/recipes, with its source.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Self, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from recdag.errors import ConfigError
from recdag.suggest import names_known

Widths = Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1)]
"""Widths of layers, one at least."""

_SIGNS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}


class HyperparameterError(ConfigError):
    """A hyperparameter has a value that it cannot have, or there is none of that name.

    Attributes:
        name: of the hyperparameter.
    """

    def __init__(self, name: str, problem: str, *, where: str | None = None, cure: str | None = None) -> None:
        super().__init__(problem, where=where, cure=cure)
        self.name = name


class Config(BaseModel):
    """Base of all configurations: a field a hyperparameter, with type, bounds, meaning and default.

    Types are kept to the letter: no 8.0 or "8" for 8. Text that spells a number passes where a float is
    wanted, for YAML reads 1e-3 as text.

    Raises:
        HyperparameterError: a value of another type or out of bounds, or an unknown name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise _explained(type(self), error, values) from error

    @field_validator("*", mode="before")
    @classmethod
    def _number(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, str) and info.field_name and _types(cls)[info.field_name] is float:
            try:
                return float(value)
            except ValueError:
                return value
        return value

    @classmethod
    def checked(cls, name: str, value: Any) -> Any:
        """`value` as the hyperparameter `name` has it, in the type of the hyperparameter.

        Raises:
            HyperparameterError: it cannot have it.
        """
        return getattr(cls(**{name: value}), name)

    def replace(self, **values: Any) -> Self:
        """The same with other values of some hyperparameters.

        Raises:
            HyperparameterError: they cannot have them.
        """
        return type(self)(**{**self.model_dump(), **values})


class NetworkConfig(Config):
    """What all networks trained by passes over the users share."""

    epochs: int = Field(200, ge=1, description="passes over the users")
    patience: int | None = Field(20, description="validations without improvement before training ends")
    validate_every: int = Field(1, ge=1, description="epochs between validations")


@cache
def _types(config: type[Config]) -> dict[str, Any]:
    """Hyperparameter -> its type, without bounds and meaning."""
    return get_type_hints(config)


def _explained(config: type[Config], error: ValidationError, values: dict[str, Any]) -> HyperparameterError:
    """What is wrong with the first value that cannot be used."""
    first = error.errors(include_url=False)[0]
    name, context = str(first["loc"][0]), first.get("ctx", {})
    if first["type"] == "extra_forbidden":
        cure = names_known(name, config.model_fields)
        return HyperparameterError(name, f"no hyperparameter is called {name!r}", cure=cure)
    setting = f"{name}={values[name]!r}"
    for bound, sign in _SIGNS.items():
        if bound in context:
            return HyperparameterError(name, f"{setting} has to be {sign} {context[bound]}")
    if first["type"] == "literal_error":
        return HyperparameterError(name, f"{setting} is not one of {context['expected']}")
    if first["type"] == "too_short":
        return HyperparameterError(name, f"{setting} has to name at least {context['min_length']}")
    kind = _types(config)[name]
    return HyperparameterError(
        name, f"{setting} is not of type {kind.__name__ if isinstance(kind, type) else kind}"
    )
