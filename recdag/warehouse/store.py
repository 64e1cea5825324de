"""The working file of a data set: one DuckDB file, one lock, short transactions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from duckdb import DuckDBPyConnection

from recdag.errors import DataError
from recdag.sql_text import columns, identifier, row
from recdag.warehouse import provenance
from recdag.warehouse.locks import LOCK_MINUTES, connect, locked, locked_for_reading, transaction
from recdag.warehouse.provenance import Provenance

FileState = tuple[tuple[int, int, int], ...]
_DATASET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Warehouse:
    """The working files under `data_dir`/warehouse, one a data set.

    Connections hold the file's lock: open late, leave early, never keep one while training, never
    open a second one of the same data set inside the first.

    Args:
        data_dir: the project's data folder.
        lock_minutes: how long to wait for another process.
    """

    def __init__(self, data_dir: Path, lock_minutes: float = LOCK_MINUTES) -> None:
        self.data_dir = Path(data_dir)
        self.lock_minutes = lock_minutes
        self._provenance: dict[str, tuple[FileState, dict[str, Provenance]]] = {}

    def path(self, dataset: str) -> Path:
        """The file of a data set, there or not.

        Raises:
            DataError: where the name could not be a file name.
        """
        if not _DATASET.fullmatch(dataset):
            raise DataError(
                f"{dataset!r} cannot name a data set",
                cure="Use letters, digits, points, hyphens and underscores.",
            )
        return self.data_dir / "warehouse" / f"{dataset}.duckdb"

    @contextmanager
    def writing(self, dataset: str) -> Iterator[DuckDBPyConnection]:
        """A connection inside one transaction: committed at the end, rolled back on any exception.

        Raises:
            DataError: where the lock is not had in time or the file is damaged.
        """
        path = self.path(dataset)
        with (
            locked(path, self.lock_minutes),
            closing(connect(path, read_only=False, minutes=self.lock_minutes)) as connection,
            transaction(connection, path),
        ):
            definitions = ", ".join(f"{identifier(name)} {kind}" for name, kind in provenance.COLUMNS.items())
            connection.execute(f"create table if not exists provenance ({definitions})")
            yield connection

    @contextmanager
    def reading(self, dataset: str) -> Iterator[DuckDBPyConnection]:
        """A read-only connection.

        Raises:
            DataError: where there is no file, the lock is not had in time or the file is damaged.
        """
        path = self.path(dataset)
        with locked_for_reading(path, self.lock_minutes):
            if not path.exists():
                raise DataError(
                    f"nothing is stored of the data set {dataset!r}",
                    where=str(path),
                    cure="Materialize its events first.",
                )
            with (
                closing(connect(path, read_only=True, minutes=self.lock_minutes)) as connection,
                transaction(connection, path),
            ):
                yield connection

    def provenance(self, dataset: str, asset: str) -> Provenance | None:
        """The recorded provenance of an asset, None where it was never made.

        The file is opened only where it is not as it was when last looked into: every step of a run
        asks this of its inputs.
        """
        state = _state(self.path(dataset))
        if not state:
            return None
        known = self._provenance.get(dataset)
        if known is None or known[0] != state:
            with self.reading(dataset) as connection:
                recorded = {each.asset: each for each in provenance.all_records(connection)}
                known = self._provenance[dataset] = state, recorded
        return known[1].get(asset)


def _state(path: Path) -> FileState:
    """Changes with every commit to a DuckDB file or its write-ahead log; empty where there is no file."""
    if not path.exists():
        return ()
    there = [each for each in (path, path.with_name(f"{path.name}.wal")) if each.exists()]
    return tuple((stat.st_ino, stat.st_mtime_ns, stat.st_size) for stat in (each.stat() for each in there))


def content_hash(connection: DuckDBPyConnection, table: str) -> str:
    """Hash of a table's columns, types and rows, whatever the order of the rows.

    Rows are hashed inside DuckDB and combined by sum and exclusive or. The row hash may change with
    the DuckDB version; it is no protection against forgery.

    Raises:
        DataError: where there is no such table.
    """
    schema = columns(connection, table)
    if not schema:
        raise DataError("there is no such table", where=table)
    # The second hash keeps values that change places between rows from cancelling out.
    content = row(
        connection,
        "select count(*), sum(row_hash::hugeint), bit_xor(row_hash)"
        f" from (select hash(hash(*columns(*))) as row_hash from {identifier(table)})",
    )
    return hashlib.sha256(repr((schema, content)).encode()).hexdigest()[:32]
