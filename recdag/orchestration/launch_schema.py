"""What can be set for one run, as the Launchpad knows it: a step's pydantic model in Dagster's terms."""

from __future__ import annotations

from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import dagster as dg
from pydantic import BaseModel
from pydantic.fields import FieldInfo


def launch_schema(settings: type[BaseModel]) -> dict[str, dg.Field]:
    """The schema of a step's configuration."""
    return {
        name: _field(f"{settings.__name__}_{name}", field) for name, field in settings.model_fields.items()
    }


def _field(name: str, field: FieldInfo) -> dg.Field:
    return dg.Field(
        _kind(name, field.annotation),
        is_required=False,
        default_value=field.get_default(call_default_factory=True),
        description=field.description,
    )


def _kind(name: str, annotation: Any) -> Any:
    """A type of Dagster's configuration; its enumerations are called by their name."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        (part,) = (each for each in parts if each is not type(None))
        return dg.Noneable(_kind(name, part))
    if origin is Literal:
        return dg.Enum(name, [dg.EnumValue(value) for value in parts])
    if origin in (list, tuple):
        return dg.Array(_kind(name, parts[0]))
    return annotation
