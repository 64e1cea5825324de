"""A project as it stands, for looking at: what is recorded is read once, and nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cached_property

import duckdb
from duckdb import DuckDBPyConnection

from recdag.datasets.file_search import data_version, find_files, search_folders, unread_bytes
from recdag.graph.project import Project
from recdag.settings import Settings
from recdag.warehouse.published import PublishedDatabase, create_tables
from recdag.warehouse.store import Warehouse

_WAIT_MINUTES = 0.02
_MOST_BYTES = 100_000_000


class _SnapshotDatabase(PublishedDatabase):
    """The published file, or empty tables where there is none."""

    @contextmanager
    def reading(self) -> Iterator[DuckDBPyConnection]:
        if self.path.exists():
            with super().reading() as connection:
                yield connection
        else:
            with closing(duckdb.connect()) as connection:
                create_tables(connection)
                yield connection


class Snapshot(Project):
    """What `status` looks at."""

    @classmethod
    def open(cls) -> Snapshot:
        """The project that the environment points at, as it stands."""
        return cls(Settings.from_environment())

    @cached_property
    def warehouse(self) -> Warehouse:
        return Warehouse(self.settings.data, lock_minutes=_WAIT_MINUTES)

    @cached_property
    def published(self) -> PublishedDatabase:
        return _SnapshotDatabase(self.settings.published, lock_minutes=_WAIT_MINUTES)

    def raw_version(self, name: str) -> str | None:
        """The version of the raw files; None where they are away, or too large to be read for a look."""
        files = find_files(self.dataset(name), search_folders(self.settings.data))
        checksums = self.settings.data / "checksums.json"
        if files is None or unread_bytes(files, checksums) > _MOST_BYTES:
            return None
        return data_version(files, checksums, remember=False)
