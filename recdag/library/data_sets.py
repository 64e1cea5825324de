"""A data set in memory, and its splits."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from duckdb import DuckDBPyConnection

from recdag.datasets.entry import Dataset
from recdag.datasets.file_search import FoundFiles, fetch, find_files, search_folders, to_be_placed
from recdag.datasets.formats import stage
from recdag.datasets.import_hints import ImportHints
from recdag.datasets.proposing import LogFile, propose
from recdag.datasets.questions import NeedsAnswer
from recdag.errors import ConfigError, DataError
from recdag.evaluation.protocols import Protocol, ProtocolOptions, PublishedSplit, build_splits, protocol
from recdag.evaluation.protocols.requirements import require_held_out
from recdag.evaluation.split import Interactions, Split
from recdag.graph.project import Project
from recdag.suggest import names_known
from recdag.warehouse.events import write_events
from recdag.warehouse.interactions import write_interactions
from recdag.warehouse.lookups import item_keys, user_keys
from recdag.warehouse.matrix_tables import read_interactions, write_binarized
from recdag.warehouse.split_tables import read_published_split


@dataclass(frozen=True)
class Data:
    """The positive interactions of a data set, with what protocols are told of it.

    Attributes:
        name: that of the catalogue entry or the file; "frame" of a data frame.
        interactions: pairs of 0-based ids; places in `users` and `items`.
        users: (n_users,) the users' own keys, text.
        items: (n_items,) the items' own keys, text.
        options: protocol -> its options for this data set.
        published: the split that came with the files; None where none did.
    """

    name: str
    interactions: Interactions
    users: np.ndarray
    items: np.ndarray
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    published: PublishedSplit | None = None

    def split(self, name: str, **options: Any) -> DataSplit:
        """The data under a protocol, `leave_one_out` for example: the same split that a run would make.

        Args:
            options: that go before the data set's own; fields of `ProtocolOptions`, such as `seed` or
                `min_user`.

        Raises:
            ConfigError: no protocol is called so, or it has no such option.
            NotApplicable: the data do not allow it, for too few users have enough items.
        """
        rules, given = protocol(name), {**self.options.get(name, {}), **options}
        published = self.published if given.pop("published", False) else None
        chosen = replace(ProtocolOptions.from_mapping(given), published=published)
        assignment = rules.assign(self.interactions, chosen)
        require_held_out(assignment)
        return DataSplit(self, rules, tuple(build_splits(self.interactions, assignment)))


@dataclass(frozen=True)
class DataSplit:
    """A data set under a protocol.

    Attributes:
        folds: one, but for cross-validation; matrices to learn from and users to measure on.
    """

    data: Data
    protocol: Protocol
    folds: tuple[Split, ...]


def load(data: str | Path | pd.DataFrame, *, download: bool = False, **hints: Any) -> Data:
    """A data set of the catalogue, a file or a data frame, read as a run would read it.

    A file (CSV, TSV or Parquet, text also gzipped) and a frame have a row an event; columns are found by
    their names, as `recdag datasets add` finds them: user, item, perhaps behaviour, rating or count, time.

    Args:
        data: a name of `recdag datasets list`, the path of a file, or a frame.
        download: fetch the files of a data set that are not at hand, into `<home>/data/raw`.
        hints: what the file does not tell, as options of `recdag datasets add`: `user="visitor"`,
            `rating="stars"`, `threshold=4`.

    Raises:
        ConfigError: nothing is called so, or there is no such hint.
        DataError: the files are away, or a row cannot be read; says which, and the cure.
    """
    if strange := hints.keys() - {each.name for each in fields(ImportHints)}:
        known = names_known(min(strange), [each.name for each in fields(ImportHints)])
        raise ConfigError(f"there is no hint {min(strange)!r}", cure=known)
    if isinstance(data, pd.DataFrame):
        with tempfile.TemporaryDirectory() as folder:
            data.to_parquet(path := Path(folder, "frame.parquet"), index=False)
            return _read(*_described(path, hints))
    project = Project.open()
    if str(data) in {*project.catalogue, *project.catalogue.damaged}:
        return _read(*_of_catalogue(project, str(data), download))
    if not (path := Path(data).expanduser()).is_file():
        raise ConfigError(
            f"{str(data)!r} is neither a data set nor a file", cure=names_known(str(data), project.catalogue)
        )
    return _read(*_described(path, hints))


def _of_catalogue(project: Project, name: str, download: bool) -> tuple[Dataset, FoundFiles]:
    """A catalogue entry and its files."""
    dataset, data_dir = project.dataset(name), project.settings.data
    if found := find_files(dataset, search_folders(data_dir)):
        return dataset, found
    if download:
        return dataset, fetch(dataset, data_dir / "raw")
    if dataset.download:
        raise DataError(
            "its files are not at hand",
            where=name,
            cure=f"recdag.load({name!r}, download=True) fetches them into {data_dir / 'raw'}",
        )
    raise to_be_placed(dataset, data_dir / "raw")


def _described(path: Path, hints: Mapping[str, Any]) -> tuple[Dataset, FoundFiles]:
    """A catalogue entry for a file, found out from what is in it."""
    try:
        proposal = propose([LogFile(path)], ImportHints(**hints))
    except NeedsAnswer as error:
        problems = "; ".join(question.problem for question in error.questions)
        answers = ", ".join(
            f"{question.field}={question.guess or question.choices[0]!r}" for question in error.questions
        )
        raise DataError(problems, where=str(path), cure=f"Say so: recdag.load(..., {answers})") from error
    return proposal.dataset, proposal.files


def _read(dataset: Dataset, files: FoundFiles) -> Data:
    """The positives in the files, by way of a database in memory."""
    with _in_memory() as connection:
        report = stage(connection, dataset, files)
        write_events(connection, dataset)
        write_interactions(connection, dataset)
        write_binarized(connection, dataset)
        unvalued = () if report.has_value else ("min_value",)
        return Data(
            name=dataset.name,
            interactions=read_interactions(connection, dataset),
            users=user_keys(connection),
            items=item_keys(connection),
            options={
                str(name): {key: value for key, value in own.items() if key not in unvalued}
                for name, own in dataset.protocols.items()
            },
            published=read_published_split(connection),
        )


@contextmanager
def _in_memory() -> Iterator[DuckDBPyConnection]:
    """A connection to a database in memory, which puts what does not fit into a temporary folder."""
    with tempfile.TemporaryDirectory() as spill, duckdb.connect() as connection:
        connection.execute("set temp_directory = ?", [spill])
        yield connection
