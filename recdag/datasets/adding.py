"""Trying out a proposed catalogue entry on its files, and writing it."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml

from recdag.datasets.catalogue import Catalogue
from recdag.datasets.entry import NAME_RULE, is_name
from recdag.datasets.file_search import FOLDERS_VARIABLE, find_files, search_folders
from recdag.datasets.formats import StageReport, stage
from recdag.datasets.proposing import Proposal
from recdag.errors import DataError

FIRST_ROWS = 5
_HEAD = "# Written by `recdag datasets add`. Correct it by hand where it is wrong, or add the file again.\n"


@dataclass(frozen=True)
class Preview:
    """What the pipeline will read.

    Attributes:
        first: (user, item, behaviour, value, time) of the first rows.
        users, items: how many there are.
        value_range: smallest and largest value, None without values.
        span: first and last time, None without times.
        titles: items that have one; None without a file of titles.
    """

    report: StageReport
    first: list[tuple[Any, ...]]
    users: int
    items: int
    value_range: tuple[float, float] | None
    span: tuple[str, str] | None
    titles: int | None = None


def try_out(proposal: Proposal) -> Preview:
    """Read all rows as the pipeline will.

    Raises:
        DataError: names the file, the row that cannot be read, and the cure.
    """
    with tempfile.TemporaryDirectory() as spill, duckdb.connect() as connection:
        connection.execute("SET temp_directory = ?", [spill])
        report = stage(connection, proposal.dataset, proposal.files)
        counted = connection.execute(
            "SELECT count(DISTINCT user_key), count(DISTINCT item_key), min(value), max(value),"
            " strftime(make_timestamp(min(time) * 1000000), '%Y-%m-%d %H:%M'),"
            " strftime(make_timestamp(max(time) * 1000000), '%Y-%m-%d %H:%M') FROM staged_events"
        ).fetchone()
        assert counted is not None
        users, items, low, high, since, until = counted
        first = connection.execute(
            "SELECT user_key, item_key, behaviour, value,"
            " strftime(make_timestamp(time * 1000000), '%Y-%m-%d %H:%M:%S')"
            f" FROM staged_events LIMIT {FIRST_ROWS}"
        ).fetchall()
        titles = _titles(connection, proposal.paths["items"]) if "items" in proposal.paths else None
    if min(users, items) < 2:
        raise DataError(
            f"The files hold {users} user{'s' * (users != 1)} and {items} item{'s' * (items != 1)}",
            where=", ".join(map(str, proposal.paths.values())),
            cure="Recommending needs several of both. Check which columns --user and --item name.",
        )
    return Preview(
        report,
        first,
        users,
        items,
        None if low is None else (low, high),
        None if since is None else (since, until),
        titles,
    )


def _titles(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    counted = connection.execute(
        "SELECT count(*) FROM staged_items WHERE title IS NOT NULL"
        " AND item_key IN (SELECT item_key FROM staged_events)"
    ).fetchone()
    assert counted is not None
    if counted[0] == 0:
        raise DataError(
            "No item of the log is in the file of titles",
            where=str(path),
            cure="It takes a column of items, named as in the log or the first, and one of titles.",
        )
    return int(counted[0])


def check_name(name: str, catalogue: Catalogue, *, force: bool) -> None:
    """Refuse what is no name, and that of a data set that is there already.

    Raises:
        DataError: it is the one or the other, the latter without `force`.
    """
    if not is_name(name):
        raise DataError(
            f"{name[:100]!r} cannot be the name of a data set: {NAME_RULE}", cure="Choose another --name."
        )
    if (name in catalogue or name in catalogue.damaged) and not force:
        raise DataError(
            f"There is a data set called {name} already",
            cure="Choose another name with --name, or replace it with --force.",
        )


def write_entry(proposal: Proposal, catalogue_folder: Path, data_dir: Path, *, copy: bool = False) -> Path:
    """Put the files where the catalogue looks for them and write the entry; all of it or nothing.

    The files are linked unless `copy` is set: a log may be large and may go on growing, and its checksum
    tells when it has changed. A copy is independent of what becomes of the original.

    Returns:
        The entry's file.

    Raises:
        DataError: something cannot be written, or another file of the same name would be read instead.
    """
    dataset = proposal.dataset
    _check_not_shadowed(proposal, data_dir)
    entry, folder = catalogue_folder / f"{dataset.name}.yaml", data_dir / "raw" / dataset.name
    text = _HEAD + yaml.safe_dump(dict(proposal.content), sort_keys=False, allow_unicode=True)
    made: dict[Path, Path] = {}
    try:
        for directory in (catalogue_folder, folder):
            directory.mkdir(parents=True, exist_ok=True)
        for role, path in proposal.paths.items():
            target = folder / dataset.files[role][0]
            if target.is_symlink() or not target.exists() or not target.samefile(path):
                _place(path, _beside(target, made), copy)
        _beside(entry, made).write_text(text, encoding="utf-8")
        for target, new in made.items():
            new.replace(target)
    except OSError as error:
        raise DataError(
            f"It cannot be written ({error.strerror})",
            where=str(error.filename2 or error.filename or folder),
            cure="Make room, or see to the rights of the folder; nothing was added.",
        ) from error
    finally:
        for new in made.values():
            new.unlink(missing_ok=True)
        with suppress(OSError):
            folder.rmdir()
    return entry


def _beside(target: Path, made: dict[Path, Path]) -> Path:
    """Where to write first what then becomes `target` at once."""
    made[target] = target.with_name(f".{target.name}.new")
    made[target].unlink(missing_ok=True)
    return made[target]


def _place(path: Path, target: Path, copy: bool) -> None:
    if copy:
        shutil.copyfile(path, target)
    else:
        target.symlink_to(path.resolve())


def _check_not_shadowed(proposal: Proposal, data_dir: Path) -> None:
    """Folders of RECDAG_DATA_DIR go before data/raw."""
    files = find_files(proposal.dataset, search_folders(data_dir)[:-1])
    for role, path in proposal.paths.items():
        if files is not None and not files.paths[role].samefile(path):
            raise DataError(
                "This file has the name that the new one would get, and would be read instead",
                where=str(files.paths[role]),
                cure=f"Choose another --name, or take its folder out of {FOLDERS_VARIABLE}.",
            )
