"""Paths and environment, in one place.

Everything recdag writes lies under one home folder, by default the checkout itself:
`data/` (raw files, warehouse, report, Dagster's history) and `models/trained/`.

Environment variables:
    RECDAG_HOME: another home folder. Its data/catalog and models/recipes go before the checkout's.
    RECDAG_DATA_DIR: folders, separated by colons, in which raw files are looked for first.
    RECDAG_DEVICE: cpu, cuda or auto (the default: a GPU where there is one).
    RECDAG_REPORTS_URL: where the folder of the report is served; `recdag ui` sets it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
REPORTS_URL = "RECDAG_REPORTS_URL"


@dataclass(frozen=True)
class Settings:
    """Where things are."""

    home: Path

    @classmethod
    def from_environment(cls) -> Settings:
        return cls(Path(os.environ.get("RECDAG_HOME") or CHECKOUT).resolve())

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
    def report_url(self) -> str | None:
        """The address of the report in a browser; None where nobody serves it."""
        served = os.environ.get(REPORTS_URL)
        return f"{served}/{self.report.name}" if served else None

    @property
    def dagster_home(self) -> Path:
        return self.data / "dagster_home"

    @property
    def catalogue_folders(self) -> list[Path]:
        return self._own_then_shipped("data/catalog")

    @property
    def recipe_folders(self) -> list[Path]:
        return self._own_then_shipped("models/recipes")

    def _own_then_shipped(self, folder: str) -> list[Path]:
        return list(dict.fromkeys((self.home / folder, CHECKOUT / folder)))
