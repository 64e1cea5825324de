"""Recipes: every hyperparameter of every model of a paper, per data set, with its source.

A recipe is models/recipes/<paper>.yaml:

    paper: ncf
    models:
      wmf:
        factors: {value: 64, source: "ours: best on validation", datasets: {demo: 16}}

The value for a data set goes before `value`. A model or hyperparameter that is not named keeps the
default of its configuration class, with the source "ours: default". An entry may also say among which
values a search looks for a better one: `search: [16, 32, 64]` or `search: {low: 8, high: 128, log: true}`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from recdag.errors import ConfigError
from recdag.recipes.search_space import Space, read_space
from recdag.recipes.values import checked, mapping
from recdag.recommenders.catalogue import MODELS, model_spec
from recdag.recommenders.config import Config
from recdag.suggest import names_known

DEFAULT_SOURCE = "ours: default"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Hyperparameter:
    """One entry of a recipe: the value, those of single data sets, where they come from, what to try."""

    value: Any
    source: str
    datasets: Mapping[str, Any]
    search: Space | None = None

    def on(self, dataset: str) -> Any:
        """The value for a data set."""
        return self.datasets.get(dataset, self.value)

    def source_on(self, dataset: str) -> str:
        """Where the value for a data set comes from."""
        own = f"; set for {dataset}, elsewhere {self.value}" if dataset in self.datasets else ""
        return self.source + own


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
            name: checked(config_class, name, entry.on(dataset), f"{where}.{name}")
            for name, entry in entries.items()
        }
        try:
            own = config_class(**values)
        except ConfigError as error:
            raise ConfigError(
                error.problem, where=f"{where} on {dataset}", cure="Put a value within the bounds there"
            ) from error
        chosen = {
            name: checked(config_class, name, value, f"what was set for {model}.{name}")
            for name, value in (overrides or {}).items()
        }
        try:
            return replace(own, **chosen)
        except ConfigError as error:
            raise ConfigError(
                error.problem,
                where=f"what was set for {self.paper}/{model}",
                cure="Set a value within the bounds, or leave it away: the recipe's is taken then",
            ) from error

    def version(self, model: str) -> str:
        """A digest of the values for `model`, on all data sets; comments and sources do not count."""
        entries = self.models.get(model, {})
        values = {name: [entry.value, dict(entry.datasets)] for name, entry in entries.items()}
        return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:8]

    def space(self, model: str) -> dict[str, Space]:
        """The hyperparameters of `model` that a search may change, and among which values."""
        entries = self.models.get(model, {})
        return {name: entry.search for name, entry in entries.items() if entry.search is not None}

    def sources(self, model: str, dataset: str) -> list[tuple[str, Any, str]]:
        """(name, value, source) of every hyperparameter of `model`, in the order of its configuration.

        The source says where a value is a data set's own.
        """
        config, entries = self.config(model, dataset), self.models.get(model, {})
        return [
            (
                spec.name,
                getattr(config, spec.name),
                entries[spec.name].source_on(dataset) if spec.name in entries else DEFAULT_SOURCE,
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
        for dataset in {"", *(name for entry in entries.values() for name in entry.datasets)}:
            recipe.config(model, dataset)
    return recipe


def _entries(model: str, entries: Any, path: Path) -> dict[str, Hyperparameter]:
    where = f"{path}: {model}"
    if model not in MODELS:
        raise ConfigError(f"no model is called {model!r}", where=str(path), cure=names_known(model, MODELS))
    names = [spec.name for spec in fields(MODELS[model].config)]
    read = {}
    for name, entry in mapping(entries or {}, where).items():
        if name not in names:
            raise ConfigError(
                f"{model} has no hyperparameter {name!r}", where=where, cure=names_known(name, names)
            )
        entry = mapping(entry, f"{where}.{name}", {"value", "source"}, {"datasets", "search"})
        if not isinstance(entry["source"], str) or not entry["source"].strip():
            raise ConfigError(
                "the source is empty",
                where=f"{where}.{name}",
                cure='Say where the value is from: "paper, section 4.1", "authors\' code" or "ours: ..."',
            )
        datasets = mapping(entry.get("datasets") or {}, f"{where}.{name}.datasets")
        space = None
        if "search" in entry:
            own = {"value": entry["value"], **datasets}
            space = read_space(MODELS[model].config, name, entry["search"], own, f"{where}.{name}")
        read[name] = Hyperparameter(entry["value"], entry["source"], datasets, space)
    return read
