"""What a person may set for one run of a step: pydantic models, which the Launchpad shows."""

from __future__ import annotations

from collections.abc import Mapping
from types import GenericAlias
from typing import Any, Literal, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model

from recdag.recipes.recipe import Hyperparameter
from recdag.recommenders.spec import ModelSpec
from recdag.serving.service import TOP
from recdag.studies.study import Study

DEFAULT_MODELS = ("benchmark/ease",)
"""Whose lists are published where nobody has chosen."""


class Launch(BaseModel):
    """What can be set for a run."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SeedLaunch(Launch):
    """What can be set for everything that draws at random."""

    seed: int = Field(default=0, ge=0, description="Seed of every random draw.")


class TrainingLaunch(SeedLaunch):
    """What can be set for every training besides hyperparameters."""

    selection: Literal["validation", "as_published"] = Field(
        default="validation",
        description="Choose the epoch on validation, or on test as some authors did (labelled as such).",
    )
    budget: str = Field(
        default="0",
        description="What a search for better hyperparameters in the recipe's space may cost: a number of "
        "trials, as 20, or seconds, as 600s. 0: no search, the recipe as it is. What is set here is kept.",
    )

    @property
    def overrides(self) -> dict[str, Any]:
        """The hyperparameters that were set."""
        own = TrainingLaunch.model_fields
        return {
            name: value
            for name in type(self).model_fields
            if name not in own and (value := getattr(self, name)) is not None
        }


class StudyLaunch(SeedLaunch):
    """What can be set for a study."""

    @property
    def axes(self) -> dict[str, list[Any]]:
        """The axes that were set."""
        return {name: values for name, values in self.model_dump(exclude={"seed"}).items() if values}


class RecommendationsLaunch(Launch):
    """Whose lists are published."""

    models: list[str] = Field(
        default=list(DEFAULT_MODELS), description="Trained models, PAPER/MODEL: benchmark/ease, for example."
    )
    top: int = Field(default=TOP, ge=1, description="Length of a list.")


def training_launch(spec: ModelSpec, recipe: Mapping[str, Hyperparameter]) -> type[TrainingLaunch]:
    """A class with one optional field a hyperparameter; unset means: as the recipe says.

    The fields have no bounds: Dagster would look at them when the step has begun, and tell of them in a
    traceback.

    Args:
        recipe: what a recipe says of the model, to be shown with each field.
    """
    hints = get_type_hints(spec.config)
    hyperparameters: dict[str, Any] = {}
    for name, field in spec.config.model_fields.items():
        described = f"{field.description}. {_unset(field.default, recipe.get(name))}"
        hyperparameters[name] = (hints[name] | None, Field(default=None, description=described))
    return create_model(f"{spec.name}_launch", __base__=TrainingLaunch, **hyperparameters)


def _unset(default: Any, entry: Hyperparameter | None) -> str:
    """What holds where nothing is set: `Unset: 8, as in the recipe; on demo 4.`"""
    if entry is None:
        return f"Unset: {_in_words(default)}, the default."
    others = "".join(f"; on {name} {_in_words(own.value)}" for name, own in entry.by_dataset.items())
    return f"Unset: {_in_words(entry.value)}, as in the recipe{others}."


def _in_words(value: Any) -> str:
    return "none" if value is None else str(value)


def study_launch(study: Study) -> type[StudyLaunch]:
    """A class with one optional list an axis; unset means: the study's own values."""
    axes: dict[str, Any] = {}
    for name, values in study.choices.items():
        listed = ", ".join(map(str, values))
        described = Field(default=None, description=f"Values to try. Unset: {listed}, fewer on demo.")
        axes[name] = (GenericAlias(list, (type(values[0]),)) | None, described)
    return create_model(f"{study.id}_launch", __base__=StudyLaunch, **axes)
