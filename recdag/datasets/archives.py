"""Unpacking of archives that need not be trusted."""

from __future__ import annotations

import shutil
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from recdag.datasets.textfiles import GZIP_DAMAGE
from recdag.errors import DataError

_ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz")
# zipfile raises NotImplementedError for a way of compression that it does not know.
_DAMAGE = (*GZIP_DAMAGE, zipfile.BadZipFile, tarfile.TarError, NotImplementedError)


@dataclass(frozen=True)
class _Member:
    name: str
    size: int
    is_plain: bool
    open: Callable[[], IO[bytes] | None]


def is_archive(path: Path) -> bool:
    """Whether the name is that of an archive which `unpack` opens."""
    return path.name.lower().endswith(_ENDINGS)


def unpack(archive: Path, folder: Path, members: Sequence[str] = ()) -> list[Path]:
    """Unpack plain files into `folder`; each appears there only when it is whole.

    Args:
        archive: zip or tar, told apart by content.
        folder: exists.
        members: names to take; empty takes all.

    Returns:
        The files.

    Raises:
        DataError: damaged; a member is a link or device or would lie outside the folder; a wanted
            member is not there; more data than there is room for. Nothing is left behind then.
    """
    with tempfile.TemporaryDirectory(prefix=".unpack-", dir=folder) as name:
        scratch = Path(name)
        try:
            with _opened(archive) as everything:
                wanted = _checked(everything, members, archive, folder)
                for member in wanted:
                    _write(member, scratch / member.name, archive)
        except _DAMAGE as error:
            raise DataError(
                f"The archive is damaged or only half there ({error})",
                where=str(archive),
                cure="Delete it and fetch it again.",
            ) from error
        for member in wanted:
            target = folder / member.name
            target.parent.mkdir(parents=True, exist_ok=True)
            (scratch / member.name).replace(target)
    return [folder / member.name for member in wanted]


@contextmanager
def _opened(archive: Path) -> Iterator[list[_Member]]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as file:
            yield [
                _Member(info.filename, info.file_size, _is_plain(info), partial(file.open, info))
                for info in file.infolist()
                if not info.is_dir()
            ]
    else:
        with tarfile.open(archive) as tar:
            yield [
                _Member(info.name, info.size, info.isreg(), partial(tar.extractfile, info))
                for info in tar.getmembers()
                if not info.isdir()
            ]


def _is_plain(info: zipfile.ZipInfo) -> bool:
    return stat.S_IFMT(info.external_attr >> 16) in (0, stat.S_IFREG)


def _checked(
    everything: Sequence[_Member], members: Sequence[str], archive: Path, folder: Path
) -> list[_Member]:
    for member in everything:
        parts = member.name.replace("\\", "/").split("/")
        if not member.is_plain or ".." in parts or parts[0] == "" or ":" in parts[0]:
            raise DataError(
                f"The archive holds a link or a path that leaves its folder, {member.name!r}",
                where=str(archive),
                cure="Do not use this archive; get it from its official address.",
            )
    wanted = [member for member in everything if not members or member.name in members]
    if missing := sorted(set(members) - {member.name for member in wanted}):
        raise DataError(
            f"The archive does not hold {missing[0]}",
            where=str(archive),
            cure="Correct `download.members` of the catalogue entry.",
        )
    need, room = sum(member.size for member in wanted), shutil.disk_usage(folder).free
    if need > room:
        raise DataError(
            f"Unpacking needs {need / 2**30:.1f} GiB, the disk has {room / 2**30:.1f} GiB left",
            where=str(archive),
            cure="Make room, or set RECDAG_DATA_DIR to a folder that holds the files.",
        )
    return wanted


def _write(member: _Member, target: Path, archive: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    source = member.open()
    if source is None:
        raise DataError(f"{member.name} cannot be read", where=str(archive), cure="Fetch the archive again.")
    with source, target.open("wb") as file:
        shutil.copyfileobj(source, file, 1 << 20)
