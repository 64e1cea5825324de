"""Errors of the machine, told in words: a full disk, a folder that may not be written, too little memory."""

from __future__ import annotations

import errno
from collections.abc import Iterator

from recdag.errors import RecdagError, in_one_line

_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_DISK_TEXTS = (
    "No space left on device", "database or disk is full", "disk I/O error", "Disk quota exceeded",
    "File too large",
)  # fmt: skip
_DENIED = {errno.EROFS, errno.EACCES, errno.EPERM}
_DENIED_TEXTS = (
    "Read-only file system", "attempt to write a readonly database", "unable to open database file",
)  # fmt: skip
_IN_THE_WAY = {errno.EISDIR, errno.ENOTDIR}
_MEMORY_TYPES = ("OutOfMemoryError", "OutOfMemoryException")
_MEMORY_TEXTS = ("can't allocate memory", "CUDA out of memory", "CUBLAS_STATUS_ALLOC_FAILED")


def machine_error(error: BaseException) -> RecdagError | None:
    """The error to show where the machine is the cause; None where `error` has another.

    Torch, DuckDB and SQLite have types of their own for it, and are known by name: none is imported.
    """
    for each in _chain(error):
        for known in (_full_disk, _denied, _in_the_way, _no_memory):
            if (explained := known(each)) is not None:
                return explained
    return None


def _full_disk(error: BaseException) -> RecdagError | None:
    if not (isinstance(error, OSError) and error.errno in _DISK) and not _says(error, _DISK_TEXTS):
        return None
    return RecdagError(
        f"the disk is full ({in_one_line(error)})",
        where=_file_of(error),
        cure="Free some space and run again. What is finished is kept, and training goes on from its "
        "last checkpoint.",
    )


def _denied(error: BaseException) -> RecdagError | None:
    denied = isinstance(error, OSError) and error.errno in _DENIED and error.filename is not None
    if not denied and not _says(error, _DENIED_TEXTS):
        return None
    return RecdagError(
        f"it may not be written ({in_one_line(error)})",
        where=_file_of(error) or "the project's folder",
        cure="Give yourself the right to write there, or set RECDAG_HOME to a folder of your own",
    )


def _in_the_way(error: BaseException) -> RecdagError | None:
    if not isinstance(error, OSError) or error.errno not in _IN_THE_WAY or error.filename is None:
        return None
    return RecdagError(
        f"something else lies in its place ({error.strerror})",
        where=_file_of(error),
        cure="Move it away and run again",
    )


def _no_memory(error: BaseException) -> RecdagError | None:
    named = type(error).__name__ in _MEMORY_TYPES or _says(error, _MEMORY_TEXTS)
    if not named and not isinstance(error, MemoryError):
        return None
    return RecdagError(
        f"memory ran out ({in_one_line(error)})",
        cure="Close other programs, or give the model fewer factors or a smaller batch_size, and run "
        "again; in place of a GPU's memory RECDAG_DEVICE=cpu takes the machine's. What is finished "
        "is kept.",
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _file_of(error: BaseException) -> str | None:
    name = getattr(error, "filename", None)
    return str(name) if name else None


def _says(error: BaseException, texts: tuple[str, ...]) -> bool:
    return any(text in str(error) for text in texts)
