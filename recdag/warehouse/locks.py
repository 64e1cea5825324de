"""One process at a time: a lock file beside what it guards, and opening DuckDB files with clear errors."""

from __future__ import annotations

import errno
import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from recdag.errors import DataError

LOCK_MINUTES = 30.0
_RETRY_SECONDS = 0.2
_NOTICE_SECONDS = 5.0
_DAMAGE = ("Corrupt database file", "Could not read enough bytes", "Failed to deserialize")
_DENIED = {errno.EROFS, errno.EACCES, errno.EPERM}
_log = logging.getLogger(__name__)


@contextmanager
def locked_for_reading(path: Path, minutes: float = LOCK_MINUTES) -> Iterator[None]:
    """Hold the lock of `path` to read it; without one where the folder may not be written.

    Raises:
        DataError: see `locked`.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(path, minutes))
        except OSError as error:
            if error.errno not in _DENIED:
                raise
        yield


@contextmanager
def locked(
    path: Path, minutes: float = LOCK_MINUTES, heartbeat: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """Hold the lock of `path`, which other threads and processes then wait for.

    The operating system frees the lock when its holder dies, however it dies. It is not reentrant.

    Args:
        heartbeat: called every few seconds of waiting; may raise to give up.

    Raises:
        DataError: where the lock is not had within `minutes`; names the last holder.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock_path = path.with_name(path.name + ".lock")
    lock = FileLock(lock_path)
    _acquire(lock, path, minutes, heartbeat)
    try:
        lock_path.write_text(
            f"process {os.getpid()} on {socket.gethostname()} since {datetime.now():%Y-%m-%d %H:%M:%S}"
        )
        yield
    finally:
        lock.release()


def connect(
    path: Path,
    *,
    read_only: bool,
    minutes: float = LOCK_MINUTES,
    config: dict[str, str] | None = None,
    copy_of: Path | None = None,
) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file, waiting while a program that does not know our lock has it open.

    Args:
        copy_of: the file that errors are to name in place of `path`.

    Raises:
        DataError: where another program keeps it open for `minutes`, or the file is damaged.
    """
    started, noticed = time.monotonic(), False
    while True:
        try:
            return duckdb.connect(str(path), read_only=read_only, config=dict(config or {}))
        except duckdb.Error as error:
            # The first is DuckDB's answer within this process, the second that between processes.
            if not isinstance(error, duckdb.ConnectionException) and "Could not set lock" not in str(error):
                raise damaged(copy_of or path, error) from error
            waited = time.monotonic() - started
            if waited > minutes * 60:
                raise DataError(
                    f"another program has the file open ({error})",
                    where=str(copy_of or path),
                    cure="Close it, for example a notebook or the duckdb shell, and run again.",
                ) from error
            if waited > _NOTICE_SECONDS and not noticed:
                _log.warning("Waiting for another program to close %s (%s)", copy_of or path, error)
                noticed = True
        time.sleep(_RETRY_SECONDS)


def _acquire(lock: FileLock, path: Path, minutes: float, heartbeat: Callable[[], None]) -> None:
    started, noticed = time.monotonic(), False
    while True:
        left = minutes * 60 - (time.monotonic() - started)
        try:
            lock.acquire(timeout=max(0.0, min(_NOTICE_SECONDS, left)))
            return
        except Timeout as error:
            holder = Path(lock.lock_file).read_text() or "an unknown process"
            if left <= _NOTICE_SECONDS:
                raise DataError(
                    f"waited {minutes:g} minutes for the lock, held by {holder}",
                    where=str(path),
                    cure="Wait for that run or end it, then run again.",
                ) from error
            if not noticed:
                _log.warning("Waiting for the lock of %s, held by %s", path, holder)
                noticed = True
        heartbeat()


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[None]:
    """Commit what the body does, or nothing of it where it raises.

    Raises:
        DataError: where DuckDB finds the file damaged.
    """
    connection.execute("begin")
    try:
        with damage_named(path):
            yield
            connection.execute("commit")
    except BaseException:
        _rollback(connection)
        raise


@contextmanager
def damage_named(path: Path) -> Iterator[None]:
    """Name the file in which DuckDB finds damage.

    Raises:
        DataError: it does.
    """
    try:
        yield
    except duckdb.Error as error:
        if any(text in str(error) for text in _DAMAGE):
            raise damaged(path, error) from error
        raise


def damaged(path: Path, error: duckdb.Error) -> DataError:
    """The error for a file that DuckDB cannot read."""
    if any(text in str(error) for text in ("Read-only file system", "Permission denied")):
        return DataError(
            f"it may not be opened ({error})",
            where=str(path),
            cure="Give yourself the right to write there, or set RECDAG_HOME to a folder of your own",
        )
    return DataError(
        f"DuckDB cannot read the file ({error})",
        where=str(path),
        cure="If the disk is not full and the file may be read, delete it and run again: it is built anew.",
    )


def _rollback(connection: duckdb.DuckDBPyConnection) -> None:
    # DuckDB has already ended the transaction where a commit failed.
    try:
        connection.execute("rollback")
    except duckdb.TransactionException:
        return
