"""Recipes: every hyperparameter of every model of a paper, per data set, with its source.

A recipe is models/recipes/<paper>.yaml:

    paper: ncf
    models:
      wmf:
        factors: {value: 64, source: "ours: best on validation", datasets: {demo: 16}}

The value for a data set goes before `value`. A model or hyperparameter that is not named keeps the
default of its configuration class, with the source "ours: default".
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import yaml

from recdag.errors import ConfigError
from recdag.recommenders.configs.base import Config
from recdag.recommenders.registry import MODELS, model_spec

DEFAULT_SOURCE = "ours: default"


@dataclass(frozen=True)
class Hyperparameter:
    """One entry of a recipe: the value, those of single data sets, and where they come from."""

    value: Any
    source: str
    datasets: Mapping[str, Any]

    def on(self, dataset: str) -> Any:
        """The value for a data set."""
        return self.datasets.get(dataset, self.value)


@dataclass(frozen=True)
class Recipe:
    """The hyperparameters of one paper's models.

    Attributes:
        paper: id of the paper.
        path: the file it was read from.
        models: per model the hyperparameters that the file names.
    """

    paper: str
    path: Path
    models: Mapping[str, Mapping[str, Hyperparameter]]

    def config(self, model: str, dataset: str, overrides: Mapping[str, Any] | None = None) -> Config:
        """The configuration of `model` for `dataset`; `overrides` go before the recipe.

        Raises:
            ConfigError: unknown model or hyperparameter, or a value of the wrong type or out of range.
        """
        config_class = model_spec(model).config
        entries = self.models.get(model, {})
        where = f"{self.path}: {model}"
        values = {
            name: _checked(config_class, name, entry.on(dataset), f"{where}.{name}")
            for name, entry in entries.items()
        }
        for name, value in (overrides or {}).items():
            values[name] = _checked(config_class, name, value, f"override of {model}.{name}")
        try:
            return config_class(**values)
        except ConfigError as error:
            raise ConfigError(
                error.problem, where=f"{where} on {dataset}", cure="Put a value within the bounds there"
            ) from error

    def sources(self, model: str, dataset: str) -> list[tuple[str, Any, str]]:
        """(name, value, source) of every hyperparameter of `model`, in the order of its configuration."""
        config, entries = self.config(model, dataset), self.models.get(model, {})
        return [
            (
                spec.name,
                getattr(config, spec.name),
                entries[spec.name].source if spec.name in entries else DEFAULT_SOURCE,
            )
            for spec in fields(config)
        ]


def load_recipe(folder: Path, paper: str) -> Recipe:
    """Read and check <folder>/<paper>.yaml.

    Raises:
        ConfigError: no such file, not the format above, or a value that a model cannot take.
    """
    path = folder / f"{paper}.yaml"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(
            f"there is no recipe for {paper!r}", where=str(path), cure="Write it, or name another folder"
        ) from error
    except yaml.YAMLError as error:
        raise ConfigError(f"not readable as YAML ({error})", where=str(path)) from error

    content = _mapping(content, str(path), {"paper", "models"})
    if content["paper"] != paper:
        raise ConfigError(
            f"the file says paper: {content['paper']!r}", where=str(path), cure=f"Write paper: {paper}"
        )
    models = {
        model: _entries(model, entries, path)
        for model, entries in _mapping(content["models"] or {}, f"{path}: models").items()
    }
    recipe = Recipe(paper, path, models)
    for model, entries in models.items():
        for dataset in {"", *(name for entry in entries.values() for name in entry.datasets)}:
            recipe.config(model, dataset)
    return recipe


def _entries(model: str, entries: Any, path: Path) -> dict[str, Hyperparameter]:
    where = f"{path}: {model}"
    if model not in MODELS:
        raise ConfigError(f"no model is called {model!r}", where=str(path), cure=_near(model, MODELS))
    names = [spec.name for spec in fields(MODELS[model].config)]
    read = {}
    for name, entry in _mapping(entries or {}, where).items():
        if name not in names:
            raise ConfigError(f"{model} has no hyperparameter {name!r}", where=where, cure=_near(name, names))
        entry = _mapping(entry, f"{where}.{name}", {"value", "source"}, {"datasets"})
        if not isinstance(entry["source"], str) or not entry["source"].strip():
            raise ConfigError(
                "the source is empty",
                where=f"{where}.{name}",
                cure='Say where the value is from: "paper, section 4.1", "authors\' code" or "ours: ..."',
            )
        datasets = _mapping(entry.get("datasets") or {}, f"{where}.{name}.datasets")
        read[name] = Hyperparameter(entry["value"], entry["source"], datasets)
    return read


def _mapping(
    content: Any, where: str, required: set[str] | None = None, optional: set[str] | None = None
) -> dict[str, Any]:
    """`content` as a mapping by text, holding the required keys and none beyond the optional."""
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        shown = ", ".join(sorted(required)) if required else "names"
        raise ConfigError(f"{content!r} is not a mapping", where=where, cure=f"Expected keys: {shown}")
    if required is None:
        return content
    allowed = required | (optional or set())
    for key in content:
        if key not in allowed:
            raise ConfigError(f"unknown key {key!r}", where=where, cure=_near(key, allowed))
    if missing := required - content.keys():
        raise ConfigError(f"missing: {', '.join(sorted(missing))}", where=where, cure="Add it")
    return content


def _checked(config_class: type[Config], name: str, value: Any, where: str) -> Any:
    """`value` as the type that the hyperparameter has."""
    hints = get_type_hints(config_class)
    if name not in hints:
        raise ConfigError(f"no hyperparameter is called {name!r}", where=where, cure=_near(name, hints))
    for hint in _alternatives(hints[name]):
        accepted, converted = _converted(value, hint)
        if accepted:
            return converted
    raise ConfigError(
        f"{value!r} is not of type {_shown(hints[name])}", where=where, cure="Correct the value"
    )


def _alternatives(hint: Any) -> tuple[Any, ...]:
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
        except (TypeError, ValueError):
            return False, value
    return type(value) is hint, value


def _shown(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return "one of " + ", ".join(map(str, get_args(hint)))
    if get_origin(hint) is None:
        return "none" if hint is NoneType else hint.__name__
    return str(hint)


def _near(name: str, known: Iterable[str]) -> str:
    known = sorted(known)
    match = difflib.get_close_matches(name, known, n=1)
    listed = ", ".join(known) or "none"
    return f"Did you mean {match[0]!r}? Known: {listed}" if match else f"Known: {listed}"
