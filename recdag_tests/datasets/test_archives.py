from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from recdag.datasets.archives import is_archive, unpack
from recdag.errors import DataError


def make_zip(path: Path, **members: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in members.items():
            file.writestr(name.replace("__", "/"), text)
    return path


def left(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    return folder


def test_zip_and_chosen_members(tmp_path: Path, folder: Path) -> None:
    archive = make_zip(tmp_path / "x.zip", set__a="1", set__b="2")
    assert unpack(archive, folder, ["set/a"]) == [folder / "set" / "a"]
    assert left(folder) == ["set", "set/a"]


def test_tar_gz(tmp_path: Path, folder: Path) -> None:
    archive = tmp_path / "x.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        info = tarfile.TarInfo("set/a")
        info.size = 3
        tar.addfile(info, io.BytesIO(b"abc"))
    unpack(archive, folder)
    assert (folder / "set" / "a").read_bytes() == b"abc"


@pytest.mark.parametrize("name", ["../evil", "/evil", "set/../../evil", "..\\evil", "C:/evil"])
def test_paths_that_leave_the_folder(tmp_path: Path, folder: Path, name: str) -> None:
    archive = tmp_path / "x.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("good", "1")
        file.writestr(name, "2")
    with pytest.raises(DataError, match="leaves its folder"):
        unpack(archive, folder)
    assert left(folder) == []
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_tar(tmp_path: Path, folder: Path, kind: bytes) -> None:
    archive = tmp_path / "x.tar"
    with tarfile.open(archive, "w") as tar:
        info = tarfile.TarInfo("a")
        info.type, info.linkname = kind, "/etc/passwd"
        tar.addfile(info)
    with pytest.raises(DataError, match="link"):
        unpack(archive, folder)


def test_link_in_zip(tmp_path: Path, folder: Path) -> None:
    archive = tmp_path / "x.zip"
    with zipfile.ZipFile(archive, "w") as file:
        info = zipfile.ZipInfo("a")
        info.external_attr = 0o120777 << 16
        file.writestr(info, "/etc/passwd")
    with pytest.raises(DataError, match="link"):
        unpack(archive, folder)


@pytest.mark.parametrize("keep", [0.5, 0.97])
def test_half_a_zip(tmp_path: Path, folder: Path, keep: float) -> None:
    archive = make_zip(tmp_path / "x.zip", a="x" * 1000)
    content = archive.read_bytes()
    archive.write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(DataError, match="damaged"):
        unpack(archive, folder)
    assert left(folder) == []


def test_flipped_byte(tmp_path: Path, folder: Path) -> None:
    archive = tmp_path / "x.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as file:
        file.writestr("a", "x" * 1000)
        file.writestr("b", "y" * 1000)
    content = bytearray(archive.read_bytes())
    content[content.index(b"y" * 1000) + 5] ^= 1
    archive.write_bytes(content)
    with pytest.raises(DataError, match="damaged"):
        unpack(archive, folder)
    assert left(folder) == []


def test_missing_member(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(DataError, match="does not hold b"):
        unpack(make_zip(tmp_path / "x.zip", a="1"), folder, ["b"])


def test_what_is_an_archive() -> None:
    assert is_archive(Path("ml-1m.ZIP")) and is_archive(Path("x.tar.gz"))
    assert not is_archive(Path("ratings.csv.gz"))
