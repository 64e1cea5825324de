"""Where a data set's files lie, and which version of them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock

from recdag.datasets.archives import is_archive, unpack
from recdag.datasets.download import Progress, download
from recdag.datasets.entry import OPTIONAL_ROLES, Dataset, Download, Source
from recdag.datasets.simulator import VERSION as SIMULATOR_VERSION
from recdag.errors import DataError

FOLDERS_VARIABLE = "RECDAG_DATA_DIR"


@dataclass(frozen=True)
class FoundFiles:
    """The files of one form of a data set.

    Attributes:
        dataset: its name.
        source: the form files.
        paths: role -> file; empty for a simulated data set.
        parameters: of the simulator, for a simulated data set.
    """

    dataset: str
    source: Source
    paths: dict[str, Path]
    parameters: Mapping[str, int] = field(default_factory=dict)

    def of_kind(self, kind: str) -> list[Path]:
        """Files whose role is `kind` or `kind.<something>`, in the order of the catalogue entry."""
        return [path for role, path in self.paths.items() if role.split(".")[0] == kind]


def search_folders(data_dir: Path) -> list[Path]:
    """Folders in which files are looked for: those of RECDAG_DATA_DIR, then data_dir/raw."""
    named = [
        Path(each).expanduser() for each in os.environ.get(FOLDERS_VARIABLE, "").split(os.pathsep) if each
    ]
    return [*named, data_dir / "raw"]


def find_files(dataset: Dataset, folders: Sequence[Path]) -> FoundFiles | None:
    """The first form of a data set of which every needed file lies in some folder, or None.

    A file `x` is looked for as <folder>/<name>/x and <folder>/x, each also as x.gz.
    """
    for source in dataset.sources:
        paths = {role: _first(dataset.name, names, folders) for role, names in source.files.items()}
        if all(path or role in OPTIONAL_ROLES for role, path in paths.items()):
            there = {role: path for role, path in paths.items() if path}
            return FoundFiles(
                dataset.name, source, there, {str(key): value for key, value in dataset.parameters.items()}
            )
    return None


def _first(name: str, alternatives: Sequence[str], folders: Sequence[Path]) -> Path | None:
    for relative in alternatives:
        for folder in folders:
            for base in (folder / name, folder):
                for path in (base / relative, base / f"{relative}.gz"):
                    if path.is_file():
                        return path
    return None


def fetch(dataset: Dataset, raw_folder: Path, on_progress: Progress | None = None) -> FoundFiles:
    """Download a data set's files into raw_folder/<name>.

    An interrupted download goes on where it stopped. A file appears under its name only when it is
    whole and its checksum is right. Two callers at once take turns; the second finds the files.

    Args:
        dataset: what to fetch.
        raw_folder: usually data/raw.
        on_progress: called with (bytes so far, bytes in all or None).

    Raises:
        DataError: the files have to be placed by hand (with instructions), the download failed, or
            what came is not what it should be.
    """
    if not dataset.download:
        raise to_be_placed(dataset, raw_folder)
    folder = raw_folder / dataset.name
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(raw_folder / f".{dataset.name}.lock"):
        if files := find_files(dataset, [raw_folder]):
            return files
        for each in dataset.download:
            _fetch_one(each, folder, on_progress)
    if files := find_files(dataset, [raw_folder]):
        return files
    raise DataError(
        "The download does not hold the files of the catalogue entry",
        where=dataset.name,
        cure="Compare `files` and `download.members` of the entry with what lies in " + f"{folder}.",
    )


def to_be_placed(dataset: Dataset, raw_folder: Path) -> DataError:
    """The error for a data set whose files are away and only a person can get."""
    wanted = sorted(names[0] for role, names in dataset.files.items() if role not in OPTIONAL_ROLES)
    return DataError(
        f"{dataset.title} cannot be downloaded without you",
        where=dataset.name,
        cure=f"{dataset.instructions.strip()} recdag looks for {', '.join(wanted)} in "
        f"{raw_folder / dataset.name} and in the folders of {FOLDERS_VARIABLE}.",
    )


def ensure_files(dataset: Dataset, data_dir: Path, on_progress: Progress | None = None) -> FoundFiles:
    """The data set's files: found in the search folders, otherwise downloaded.

    Raises:
        DataError: see `fetch`.
    """
    return find_files(dataset, search_folders(data_dir)) or fetch(dataset, data_dir / "raw", on_progress)


def _fetch_one(what: Download, folder: Path, on_progress: Progress | None) -> None:
    target = folder / what.url.split("?")[0].rsplit("/", 1)[-1]
    if target.exists():
        return
    if not (is_archive(target) if what.archive is None else what.archive):
        download(what, target, on_progress)
        return
    archive = target.with_name(target.name + ".archive")
    if not archive.exists():
        download(what, archive, on_progress)
    try:
        unpack(archive, folder, what.members)
    finally:
        archive.unlink()


def _state(path: Path) -> str:
    """Path, size and time of change: a file that has the same ones has the same content."""
    status = path.stat()
    return f"{path.resolve()}|{status.st_size}|{status.st_mtime_ns}"


def state_of(files: FoundFiles) -> str:
    """Changes when a file found does, by its size or time of change; reads none of them."""
    parts = [*map(_state, files.paths.values()), files.source.format, repr(sorted(files.parameters.items()))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def checksum(path: Path, cache: Path | None = None, *, remember: bool = True) -> str:
    """SHA-256 of a file.

    Args:
        path: the file.
        cache: a JSON file that remembers checksums by path, size and time of change.
        remember: put a new checksum into the cache.
    """
    key = _state(path)
    known = _read_cache(cache)
    if key not in known:
        with path.open("rb") as file:
            known[key] = hashlib.file_digest(file, "sha256").hexdigest()
        if cache is not None and remember:
            _write_cache(cache, key, known[key])
    return known[key]


def _read_cache(cache: Path | None) -> dict[str, str]:
    if cache is None or not cache.exists():
        return {}
    try:
        content = json.loads(cache.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _write_cache(cache: Path, key: str, value: str) -> None:
    cache.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(cache.with_name(f".{cache.name}.lock")):
        path = key.split("|", 1)[0]
        kept = {k: v for k, v in _read_cache(cache).items() if k.split("|", 1)[0] != path}
        half = cache.with_name(f"{cache.name}.new")
        half.write_text(json.dumps({**kept, key: value}, indent=0), encoding="utf-8")
        half.replace(cache)


def unread_bytes(files: FoundFiles, cache: Path) -> int:
    """How much `data_version` would have to read: the files whose checksum is not remembered."""
    known = _read_cache(cache)
    return sum(path.stat().st_size for path in files.paths.values() if _state(path) not in known)


def data_version(files: FoundFiles, cache: Path | None = None, *, remember: bool = True) -> str:
    """Digest of the content of all files found; of version and parameters for simulated data.

    The same content under other names or in other folders has the same version.

    Args:
        cache, remember: see `checksum`.
    """
    if files.source.format == "simulated":
        parts = [f"simulated {SIMULATOR_VERSION}", json.dumps(dict(files.parameters), sort_keys=True)]
    else:
        parts = [
            f"{role}={checksum(path, cache, remember=remember)}" for role, path in sorted(files.paths.items())
        ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
