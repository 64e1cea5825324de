"""Dagster's own home folder, with settings that suit one machine and one GPU, and its history."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import dagster as dg
import yaml
from sqlalchemy.exc import DatabaseError

from recdag.errors import ConfigError, DataError
from recdag.orchestration.internals import NO_COMPUTE_LOGS, CheckError, InstanceRef
from recdag.settings import Settings

_SETTINGS = {
    "telemetry": {"enabled": False},
    "nux": {"enabled": False},
    # Runs that train wait in the queue for one another. Of a pool's other granularity, "op", a run asks
    # again after up to 15 s for every step, also for one that finds its model trained.
    "concurrency": {
        "pools": {"granularity": "run", "default_limit": 1},
        "runs": {"max_concurrent_runs": 2},
    },
    "run_monitoring": {"enabled": True, "poll_interval_seconds": 10},
    "python_logs": {"managed_python_loggers": ["recdag"]},
}
# What captures a step's output puts a file in the place of the terminal: the live display would see none.
ON_A_TERMINAL = {"compute_logs": NO_COMPUTE_LOGS}


def prepare_home(settings: Settings) -> Path:
    """Create the folder, and dagster.yaml where there is none, and return the folder."""
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    config = home / "dagster.yaml"
    if not config.exists():
        config.write_text(yaml.safe_dump(_SETTINGS))
    return home


@contextmanager
def opened(home: Path, overrides: Mapping[str, object] | None = None) -> Iterator[dg.DagsterInstance]:
    """Dagster's history.

    Args:
        overrides: settings that go before those of dagster.yaml.

    Raises:
        ConfigError: dagster.yaml cannot be used.
        DataError: a file of the history is damaged.
    """
    try:
        ref = InstanceRef.from_dir(str(home), overrides=dict(overrides or {}))
    except (yaml.YAMLError, dg.DagsterInvalidConfigError, CheckError) as error:
        problem = " ".join(str(error).split())[:200]
        raise ConfigError(
            f"Dagster's settings cannot be used ({problem})",
            where=str(home / "dagster.yaml"),
            cure="Correct the file, or delete it: recdag's own settings are written again",
        ) from error
    try:
        with dg.DagsterInstance.from_ref(ref) as instance:
            yield instance
    except DatabaseError as error:
        if (damaged := _damaged_file(home)) is None:
            raise
        raise DataError(
            f"Dagster's history is damaged ({str(error.orig).strip()})",
            where=str(damaged),
            cure=f"Delete {home}: the history begins anew; results and trained models are elsewhere and stay",
        ) from error


def _damaged_file(home: Path) -> Path | None:
    """The first file of the history that SQLite cannot read."""
    for file in sorted(home.rglob("*.db")):
        try:
            with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
                if connection.execute("pragma quick_check(1)").fetchone() != ("ok",):
                    return file
        except sqlite3.DatabaseError as error:
            if not isinstance(error, sqlite3.OperationalError):
                return file
    return None
