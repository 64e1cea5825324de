"""The file with everybody's results: replaced as a whole, so that it can be read at any moment."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from duckdb import DuckDBPyConnection

from recdag.errors import DataError
from recdag.sql_text import columns, equality, identifier, scalar
from recdag.warehouse import descriptions
from recdag.warehouse.locks import LOCK_MINUTES, connect, damage_named, locked, transaction
from recdag.warehouse.schema import DEFAULTS, SCHEMA, VIEWS

if TYPE_CHECKING:
    import pandas as pd

# The newest `duckdb` command line reads this; it cannot open a file in the library's newest format.
_STORAGE = {"storage_compatibility_version": "v1.5.0"}

_complete: set[tuple[Path, int, int]] = set()
"""Files, as they were, that have all columns."""


class PublishedDatabase:
    """The published results, for example data/recdag.duckdb.

    A writer works on a copy beside the file and moves it over the old one, which readers that have
    it open keep as it was. Times in its tables are in UTC.

    Args:
        path: the file, there or not.
        lock_minutes: how long to wait for another process.
    """

    def __init__(self, path: Path, lock_minutes: float = LOCK_MINUTES) -> None:
        self.path = Path(path)
        self.lock_minutes = lock_minutes

    @contextmanager
    def update(self) -> Iterator[DuckDBPyConnection]:
        """A connection inside one transaction; what it commits replaces the file in one step.

        On any exception, and when the process is killed, the old file stays as it is.

        Raises:
            DataError: where the lock is not had in time or the file is damaged.
        """
        with locked(self.path, self.lock_minutes):
            copy = self.path.with_name(self.path.name + ".next")
            _remove(copy)
            try:
                # A log is there only where another program changed the file and did not close it.
                for end in ("", ".wal"):
                    if (original := _with_end(self.path, end)).exists():
                        shutil.copyfile(original, _with_end(copy, end))
                with closing(
                    connect(copy, read_only=False, minutes=0, config=_STORAGE, copy_of=self.path)
                ) as connection:
                    connection.execute("set TimeZone = 'UTC'")
                    with transaction(connection, self.path):
                        create_tables(connection)
                        yield connection
                    connection.execute("checkpoint")
                _replace(copy, self.path)
            finally:
                _remove(copy)

    @contextmanager
    def reading(self) -> Iterator[DuckDBPyConnection]:
        """A read-only connection to the file as it is now; it takes no lock and blocks nobody.

        Within one process DuckDB shares what is open: while one connection is open, a further one
        sees the same state.

        Raises:
            DataError: where another program keeps the file open for writing, or it is damaged.
        """
        self.ensure()
        with (
            closing(connect(self.path, read_only=True, minutes=self.lock_minutes)) as connection,
            damage_named(self.path),
        ):
            yield connection

    def ensure(self) -> None:
        """Make a file with empty tables where there is none, and give one of an earlier version the columns
        of this one, so that readers always find what they read."""
        if not self.path.exists() or not self._has_schema():
            with self.update():
                pass

    def _has_schema(self) -> bool:
        """Whether all columns are there; a file is looked into once, for updates put another in its place."""
        state = (self.path, self.path.stat().st_ino, self.path.stat().st_mtime_ns)
        if state not in _complete:
            with (
                closing(connect(self.path, read_only=True, minutes=self.lock_minutes)) as connection,
                damage_named(self.path),
            ):
                rows = connection.execute("select table_name, column_name from duckdb_columns()").fetchall()
            if not {(table, name) for table, fields in SCHEMA.items() for name in fields} <= set(rows):
                return False
            _complete.add(state)
        return True


def replace_rows(
    connection: DuckDBPyConnection, table: str, frame: pd.DataFrame, **where: str | int | float | None
) -> int:
    """Put the rows of `frame` in place of the rows where the given columns equal the given values.

    Columns are matched by name. Columns of `where` that the frame lacks get that value, other
    columns that it lacks become NULL, and so do NaN values.

    Returns:
        How many rows the table gained.

    Raises:
        DataError: an unknown table or column, no condition, or rows that the condition does not
            match, which the next replacement would leave behind.
    """
    import pyarrow as pa

    _check_names(connection, table, [*frame.columns, *where])
    condition, parameters = _condition(table, where)
    new = frame.assign(**{name: value for name, value in where.items() if name not in frame.columns})
    names = ", ".join(identifier(name) for name in new.columns)
    connection.register("new_rows", pa.Table.from_pandas(new, preserve_index=False))
    try:
        strangers = scalar(connection, f"select count(*) from new_rows where not ({condition})", parameters)
        if strangers:
            raise DataError(f"{strangers} new rows do not match the condition {where}", where=table)
        connection.execute(f"delete from {identifier(table)} where {condition}", parameters)
        connection.execute(f"insert into {identifier(table)} ({names}) select {names} from new_rows")
    finally:
        connection.unregister("new_rows")
    return len(new)


def remove_rows(connection: DuckDBPyConnection, table: str, **where: str | int | float | None) -> None:
    """Remove the rows where the given columns equal the given values.

    Raises:
        DataError: an unknown table or column, or no condition.
    """
    _check_names(connection, table, [*where])
    condition, parameters = _condition(table, where)
    connection.execute(f"delete from {identifier(table)} where {condition}", parameters)


def _condition(table: str, where: Mapping[str, Any]) -> tuple[str, list[Any]]:
    if not where:
        raise DataError("a replacement needs a condition", where=table, cure="Name the rows to replace.")
    return equality(where)


def _check_names(connection: DuckDBPyConnection, table: str, names: list[str]) -> None:
    if table not in SCHEMA:
        raise DataError(
            "there is no such published table", where=table, cure=f"Known are {', '.join(SCHEMA)}."
        )
    known = columns(connection, table)
    if strange := [name for name in names if name not in known]:
        raise DataError(
            f"the table has no column {strange[0]!r}",
            where=table,
            cure=f"Its columns are {', '.join(known)}.",
        )


def create_tables(connection: DuckDBPyConnection) -> None:
    """Give the file the tables, columns and views of the schema, with comments; columns that it has no
    longer go."""
    changed = set()
    for table, definition in SCHEMA.items():
        present = columns(connection, table)
        if not present:
            fields = ", ".join(_field(name, kind) for name, kind in definition.items())
            connection.execute(f"create table {identifier(table)} ({fields})")
            _comment(connection, "table", identifier(table), descriptions.TABLES[table])
        for name, kind in definition.items():
            if present and name not in present:
                connection.execute(f"alter table {identifier(table)} add column {_field(name, kind)}")
            if name not in present and (text := descriptions.column(table, name)):
                _comment(connection, "column", f"{identifier(table)}.{identifier(name)}", text)
        for name in set(present) - set(definition):
            connection.execute(f"alter table {identifier(table)} drop column {identifier(name)}")
        if set(present) != set(definition):
            changed.add(table)
    for view, query in VIEWS.items():
        if not columns(connection, view) or any(f"from {table}" in query for table in changed):
            connection.execute(f"create or replace view {identifier(view)} as {query}")
            _comment(connection, "view", identifier(view), descriptions.TABLES[view])


def _field(name: str, kind: str) -> str:
    """A column's definition, with what it says where a row says nothing."""
    default = f" default '{DEFAULTS[name]}'" if name in DEFAULTS and kind == "VARCHAR" else ""
    return f"{identifier(name)} {kind}{default}"


def _comment(connection: DuckDBPyConnection, kind: str, name: str, text: str) -> None:
    quoted = text.replace("'", "''")
    connection.execute(f"comment on {kind} {name} is '{quoted}'")


def _replace(new: Path, path: Path) -> None:
    """Move `new` over `path`, both on disk before it returns."""
    _sync(new)
    new.replace(path)
    _with_end(path, ".wal").unlink(missing_ok=True)
    _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(copy: Path) -> None:
    """Remove a copy with its log and temporary files, for example of a writer that was killed."""
    for end in ("", ".wal"):
        _with_end(copy, end).unlink(missing_ok=True)
    shutil.rmtree(_with_end(copy, ".tmp"), ignore_errors=True)


def _with_end(path: Path, end: str) -> Path:
    return path.with_name(path.name + end)
