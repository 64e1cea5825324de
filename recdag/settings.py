"""Paths and environment, in one place.

Everything recdag writes lies under one home folder: `data/` (raw files, data sets that were added,
warehouse, report, Dagster's history) and `models/trained/`. The home is RECDAG_HOME, else the checkout that
recdag runs from, else, where it was installed as a package, the folder one stands in.

Recipes and catalogue are shipped with recdag; a recipe in the home's `models/recipes/` and a data set in its
`data/added/` go before a shipped one of the same name.

Environment variables:
    RECDAG_HOME: the home folder.
    RECDAG_DATA_DIR: folders, separated by colons, in which raw files are looked for first.
    RECDAG_DEVICE: cpu, cuda or auto (the default: a GPU where there is one).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from recdag.errors import ConfigError

PACKAGE = Path(__file__).resolve().parent


def _checkout() -> Path | None:
    beside = PACKAGE.parent
    return (
        beside if (beside / "pyproject.toml").exists() and (beside / "models" / "recipes").exists() else None
    )


CHECKOUT = _checkout()
"""The checkout that recdag runs from; None where it was installed as a package."""
SHIPPED = CHECKOUT or PACKAGE / "shipped"
SHIPPED_RECIPES = SHIPPED / "models" / "recipes"
SHIPPED_CATALOGUE = SHIPPED / "data" / "catalog"
REPORTS_ROUTE = "/reports"
"""Where `recdag ui` serves the folder of the report, beside the web UI."""


@dataclass(frozen=True)
class Settings:
    """Where things are."""

    home: Path

    @classmethod
    def from_environment(cls) -> Settings:
        """The home folder that is meant.

        Raises:
            ConfigError: its path has a question mark, after which DuckDB looks for options.
        """
        home = Path(os.environ.get("RECDAG_HOME") or CHECKOUT or Path.cwd()).resolve()
        if "?" in str(home):
            raise ConfigError(
                "the path of the project has a question mark, which DuckDB cannot handle",
                where=str(home),
                cure="Rename the folder, or set RECDAG_HOME to another one",
            )
        return cls(home)

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def trained(self) -> Path:
        return self.home / "models" / "trained"

    @property
    def published(self) -> Path:
        """The DuckDB file with the result tables."""
        return self.data / "recdag.duckdb"

    @property
    def report(self) -> Path:
        return self.data / "reports" / "report.html"

    @property
    def report_route(self) -> str:
        """The path at which `recdag ui` serves the report."""
        return f"{REPORTS_ROUTE}/{self.report.name}"

    @property
    def dagster_home(self) -> Path:
        return self.data / "dagster_home"

    @property
    def added(self) -> Path:
        """The catalogue entries of the user's own data sets."""
        return self.data / "added"

    @property
    def catalogue_folders(self) -> list[Path]:
        return [self.added, SHIPPED_CATALOGUE]

    @property
    def recipe_folders(self) -> list[Path]:
        return [self.home / "models" / "recipes", SHIPPED_RECIPES]
