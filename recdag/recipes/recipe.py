"""Recipes: every hyperparameter of every model of a paper, per data set, with its source.

A recipe is models/recipes/<paper>.yaml:

    paper: ncf
    models:
      wmf:
        factors:
          value: 64
          source: "ours: best on validation"
          by_dataset: {demo: {value: 16, source: "ours: so that the demonstration is quick"}}

The value for a data set goes before `value`, and has a source of its own. A model or hyperparameter that
is not named keeps the default of its configuration class, with the source "ours: default". An entry may
also say among which values a search looks for a better one: `search: [16, 32, 64]` or
`search: {low: 8, high: 128, log: true}`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from recdag.errors import ConfigError
from recdag.recipes.mapping import mapping
from recdag.recipes.search_space import Space, read_space
from recdag.recommenders.catalogue import MODELS, model_spec
from recdag.recommenders.config import Config, HyperparameterError
from recdag.suggest import names_known

_FORM = 'Write by_dataset: {demo: {value: 16, source: "ours: ..."}}'
DEFAULT_SOURCE = "ours: default"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Sourced:
    """A value and where it is from."""

    value: Any
    source: str


@dataclass(frozen=True)
class Hyperparameter(Sourced):
    """One entry of a recipe: the value, those of single data sets, each with its source, what to try."""

    by_dataset: Mapping[str, Sourced] = field(default_factory=dict)
    search: Space | None = None

    def on(self, dataset: str) -> Sourced:
        """The value for a data set, and where that one is from."""
        return self.by_dataset.get(dataset, self)


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
        entries = self.models.get(model, {})
        values = {name: entry.on(dataset).value for name, entry in entries.items()}
        try:
            own = model_spec(model).config(**values)
        except HyperparameterError as error:
            place = f"{self.path}: {model}.{error.name}"
            if dataset in entries[error.name].by_dataset:
                place += f" on {dataset}"
            raise ConfigError(error.problem, where=place, cure="Correct the value there") from error
        try:
            return own.replace(**(overrides or {}))
        except HyperparameterError as error:
            raise ConfigError(
                error.problem,
                where=f"what was set for {self.paper}/{model}",
                cure=error.cure
                or "Set a value within the bounds, or leave it away: the recipe's is taken then",
            ) from error

    def version(self, model: str) -> str:
        """A digest of the values for `model`, on all data sets; comments and sources do not count."""
        entries = self.models.get(model, {})
        values = {
            name: [entry.value, {dataset: own.value for dataset, own in entry.by_dataset.items()}]
            for name, entry in entries.items()
        }
        return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:8]

    def space(self, model: str) -> dict[str, Space]:
        """The hyperparameters of `model` that a search may change, and among which values."""
        entries = self.models.get(model, {})
        return {name: entry.search for name, entry in entries.items() if entry.search is not None}

    def sources(self, model: str, dataset: str) -> dict[str, str]:
        """Hyperparameter -> where its value for `dataset` is from, in the order of the configuration."""
        entries = self.models.get(model, {})
        return {
            name: entries[name].on(dataset).source if name in entries else DEFAULT_SOURCE
            for name in model_spec(model).config.model_fields
        }


def load_recipe(folder: Path, paper: str) -> Recipe:
    """Read and check <folder>/<paper>.yaml.

    Raises:
        ConfigError: no such file, not the format above, or a value that a model cannot take.
    """
    path = folder / f"{paper}.yaml"
    try:
        state = path.stat()
    except FileNotFoundError as error:
        raise ConfigError(
            f"there is no recipe for {paper!r}", where=str(path), cure="Write it, or name another folder"
        ) from error
    return _load(path, paper, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=64)
def _load(path: Path, paper: str, changed_ns: int, size: int) -> Recipe:
    """The recipe in a file; the state of the file is part of the question, so that it is read once."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _LOADER)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"not readable as YAML ({error})", where=str(path)) from error

    content = mapping(content, str(path), {"paper", "models"})
    if content["paper"] != paper:
        raise ConfigError(
            f"the file says paper: {content['paper']!r}", where=str(path), cure=f"Write paper: {paper}"
        )
    models = {
        model: _entries(model, entries, path)
        for model, entries in mapping(content["models"] or {}, f"{path}: models").items()
    }
    recipe = Recipe(paper, path, models)
    for model, entries in models.items():
        for dataset in ("", *dict.fromkeys(name for entry in entries.values() for name in entry.by_dataset)):
            recipe.config(model, dataset)
    return recipe


def _entries(model: str, entries: Any, path: Path) -> dict[str, Hyperparameter]:
    if model not in MODELS:
        raise ConfigError(f"no model is called {model!r}", where=str(path), cure=names_known(model, MODELS))
    where, config = f"{path}: {model}", MODELS[model].config
    for name in (entries := mapping(entries or {}, where)):
        if name not in config.model_fields:
            raise ConfigError(
                f"{model} has no hyperparameter {name!r}",
                where=where,
                cure=names_known(name, config.model_fields),
            )
    return {name: _entry(config, name, entry, f"{where}.{name}") for name, entry in entries.items()}


def _entry(config: type[Config], name: str, entry: Any, where: str) -> Hyperparameter:
    if isinstance(entry, dict) and "datasets" in entry:
        raise ConfigError(
            "datasets: is by_dataset: now, with a source for each value", where=where, cure=_FORM
        )
    entry = mapping(entry, where, {"value", "source"}, {"by_dataset", "search"})
    own = _sourced(entry, where)
    by_dataset = {
        dataset: _own_value(content, f"{where}.by_dataset.{dataset}")
        for dataset, content in mapping(entry.get("by_dataset") or {}, f"{where}.by_dataset").items()
    }
    space = None
    if "search" in entry:
        values = {"value": own.value, **{dataset: each.value for dataset, each in by_dataset.items()}}
        space = read_space(config, name, entry["search"], values, where)
    return Hyperparameter(own.value, own.source, by_dataset, space)


def _own_value(content: Any, where: str) -> Sourced:
    if not isinstance(content, dict):
        raise ConfigError(f"the value {content!r} has no source of its own", where=where, cure=_FORM)
    return _sourced(mapping(content, where, {"value", "source"}), where)


def _sourced(entry: Mapping[str, Any], where: str) -> Sourced:
    if not isinstance(entry["source"], str) or not entry["source"].strip():
        raise ConfigError(
            "the source is empty",
            where=where,
            cure='Say where the value is from: "paper, section 4.1", "authors\' code" or "ours: ..."',
        )
    return Sourced(entry["value"], entry["source"])
