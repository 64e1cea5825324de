"""One project folder with its catalogue, warehouse, recipes and results."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from recdag.datasets.catalogue import Catalogue, load_catalogue
from recdag.datasets.entry import Dataset
from recdag.datasets.file_search import data_version, find_files, search_folders
from recdag.errors import ConfigError
from recdag.recipes.recipe import Recipe, load_recipe
from recdag.settings import Settings
from recdag.suggest import names_known
from recdag.warehouse.locks import locked
from recdag.warehouse.published import PublishedDatabase
from recdag.warehouse.store import Warehouse


@dataclass(frozen=True)
class Project:
    """What a step works on."""

    settings: Settings

    @classmethod
    def open(cls) -> Project:
        """The project that the environment points at."""
        return cls(Settings.from_environment())

    @cached_property
    def catalogue(self) -> Catalogue:
        return self.read_catalogue()

    def read_catalogue(self) -> Catalogue:
        """The catalogue as it is now, with entries that were written since the project was opened."""
        return load_catalogue(self.settings.catalogue_folders)

    @cached_property
    def warehouse(self) -> Warehouse:
        return Warehouse(self.settings.data)

    @cached_property
    def published(self) -> PublishedDatabase:
        return PublishedDatabase(self.settings.published)

    def dataset(self, name: str) -> Dataset:
        """The catalogue entry called `name`.

        Raises:
            ConfigError: there is none.
            DataError: it is damaged.
        """
        if name in self.catalogue.damaged:
            raise self.catalogue.damaged[name]
        if name not in self.catalogue:
            raise ConfigError(f"no data set is called {name!r}", cure=names_known(name, self.catalogue))
        return self.catalogue[name]

    def at_hand(self, name: str) -> bool:
        """Whether the data set's files are there, or drawn on the spot."""
        return find_files(self.dataset(name), search_folders(self.settings.data)) is not None

    def raw_version(self, name: str) -> str | None:
        """The version of the raw files: a hash of their checksums, which are remembered; None where they are
        away."""
        files = find_files(self.dataset(name), search_folders(self.settings.data))
        return data_version(files, self.settings.data / "checksums.json") if files else None

    @cached_property
    def workable(self) -> tuple[str, ...]:
        """The data sets that have their files at hand, can be downloaded, or have something stored."""
        return tuple(
            name
            for name, entry in sorted(self.catalogue.items())
            if entry.download or self.at_hand(name) or self.warehouse.path(name).exists()
        )

    @cached_property
    def stands_for(self) -> dict[tuple[str, str], str]:
        """(our data set, protocol) -> the papers' data set that it stands for."""
        return {
            (name, str(protocol)): other
            for name, dataset in self.catalogue.items()
            for protocol, other in dataset.stands_for.items()
        }

    def recipe(self, paper: str) -> Recipe:
        """The recipe of a paper: the home folder's own where there is one, else the shipped one."""
        return load_recipe(self.recipe_file(paper).parent, paper)

    def recipe_file(self, paper: str) -> Path:
        """Where the recipe of a paper is read."""
        files = [folder / f"{paper}.yaml" for folder in self.settings.recipe_folders]
        return next((file for file in files if file.exists()), files[-1])

    def trained(self, dataset: str, paper: str, model: str) -> Path:
        """The folder of a trained model."""
        return self.settings.trained / dataset / paper / model

    def training_lock(self, heartbeat: Callable[[], None]) -> AbstractContextManager[None]:
        """Wait until no other process of the project trains: they share a device and its memory.

        Args:
            heartbeat: called every few seconds of waiting; may raise to give up.
        """
        return locked(self.settings.trained / "training", math.inf, heartbeat)
