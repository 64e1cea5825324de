"""The typed configuration a model shows in the Launchpad, made from its hyperparameters."""

import enum
from collections.abc import Mapping
from types import GenericAlias
from typing import Any, Literal, get_args, get_origin, get_type_hints

import dagster as dg
from pydantic import Field, create_model

from recdag.recipes.recipe import Hyperparameter
from recdag.recommenders.spec import ModelSpec
from recdag.studies.base import Study

SelectionChoice = enum.Enum("SelectionChoice", {"validation": "validation", "as_published": "as_published"})


class SeedConfig(dg.Config):
    """What can be set for everything that draws at random."""

    seed: int = Field(default=0, ge=0, description="Seed of every random draw.")


class RunConfig(SeedConfig):
    """What can be set for every training besides hyperparameters."""

    selection: SelectionChoice = Field(
        default=SelectionChoice.validation,
        description="Choose the epoch on validation, or on test as some authors did (labelled as such).",
    )
    budget: str = Field(
        default="0",
        description="What a search for better hyperparameters in the recipe's space may cost: a number of "
        "trials, as 20, or seconds, as 600s. 0: no search, the recipe as it is. What is set here is kept.",
    )


def launch_config(spec: ModelSpec, recipe: Mapping[str, Hyperparameter]) -> type[RunConfig]:
    """A config class with one optional field a hyperparameter; unset means: as the recipe says.

    It has no bounds: Dagster would look at them when the step has begun, and tell of them in a traceback.

    Args:
        recipe: what a recipe says of the model, to be shown with each field.
    """
    hints = get_type_hints(spec.config)
    hyperparameters: dict[str, Any] = {}
    for name, field in spec.config.model_fields.items():
        kind = hints[name]
        if get_origin(kind) is Literal:
            kind = _choices(f"{spec.name}_{name}", get_args(kind))
        described = f"{field.description}. {_unset(field.default, recipe.get(name))}"
        hyperparameters[name] = (kind | None, Field(default=None, description=described))
    return create_model(f"{spec.class_name}LaunchConfig", __base__=RunConfig, **hyperparameters)


def _unset(default: Any, entry: Hyperparameter | None) -> str:
    """What holds where nothing is set: `Unset: 8, as in the recipe; on demo 4.`"""
    if entry is None:
        return f"Unset: {_plain(default)}, the default."
    others = "".join(f"; on {name} {_plain(own.value)}" for name, own in entry.by_dataset.items())
    return f"Unset: {_plain(entry.value)}, as in the recipe{others}."


def _plain(value: Any) -> str:
    return "none" if value is None else str(value)


def study_config(study: Study) -> type[SeedConfig]:
    """A config class with one optional list an axis; unset means: the study's own values."""
    axes: dict[str, Any] = {}
    for name, values in study.choices.items():
        listed = ", ".join(map(str, values))
        described = Field(default=None, description=f"Values to try. Unset: {listed}, fewer on demo.")
        axes[name] = (GenericAlias(list, (type(values[0]),)) | None, described)
    return create_model(f"{study.id.title()}StudyConfig", __base__=SeedConfig, **axes)


def axes_of(config: SeedConfig) -> dict[str, list[Any]]:
    """The axes of a study that were set."""
    return {name: values for name, values in config.model_dump().items() if name != "seed" and values}


def _choices(name: str, values: tuple[str, ...]) -> Any:
    """An enumeration, which Dagster's configuration knows where it does not know Literal."""
    make: Any = enum.Enum
    return make(name, {value: value for value in values})


def overrides(config: RunConfig) -> dict[str, Any]:
    """The hyperparameters that were set, as plain values."""
    own = set(RunConfig.model_fields)
    values = {name: getattr(config, name) for name in type(config).model_fields if name not in own}
    return {
        name: value.value if isinstance(value, enum.Enum) else value
        for name, value in values.items()
        if value is not None
    }
