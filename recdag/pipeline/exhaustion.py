"""Errors that come of a full disk or of too little memory, told in words."""

from __future__ import annotations

import errno
from collections.abc import Iterator

from recdag.errors import RecdagError

_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_DISK_TEXTS = ("No space left on device", "database or disk is full", "Disk quota exceeded", "File too large")
_MEMORY_TYPES = ("OutOfMemoryError", "OutOfMemoryException")
_MEMORY_TEXTS = ("can't allocate memory", "CUDA out of memory", "CUBLAS_STATUS_ALLOC_FAILED")


def exhausted(error: BaseException) -> RecdagError | None:
    """The error to show where disk or memory ran out; None where `error` has another cause.

    Torch and DuckDB have types of their own for it, and are known by name: neither is imported.
    """
    for each in _chain(error):
        if (isinstance(each, OSError) and each.errno in _DISK) or _says(each, _DISK_TEXTS):
            where = getattr(each, "filename", None)
            return RecdagError(
                f"the disk is full ({_first_line(each)})",
                where=str(where) if where else None,
                cure="Free some space and run again. What is finished is kept, and training goes on from its "
                "last checkpoint.",
            )
        named = type(each).__name__ in _MEMORY_TYPES or _says(each, _MEMORY_TEXTS)
        if named or isinstance(each, MemoryError):
            return RecdagError(
                f"memory ran out ({_first_line(each)})",
                cure="Close other programs, or give the model fewer factors or a smaller batch_size, and run "
                "again; in place of a GPU's memory RECDAG_DEVICE=cpu takes the machine's. What is finished "
                "is kept.",
            )
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _says(error: BaseException, texts: tuple[str, ...]) -> bool:
    return any(text in str(error) for text in texts)


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).strip().partition("\n")[0][:200]
