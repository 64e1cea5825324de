"""Noticing new and changed raw files and catalogue entries, without reading the files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from recdag.datasets.catalogue import Catalogue
from recdag.datasets.entry import Dataset
from recdag.datasets.file_search import find_files, search_folders, state_of
from recdag.settings import Settings


@dataclass(frozen=True)
class FileWatcher:
    """What lay there at two polls, one after the other.

    Attributes:
        seen: data set -> state of its files and its entry at the last poll.
        handled: the same, of what has been acted upon.
    """

    seen: Mapping[str, str]
    handled: Mapping[str, str]

    def poll(self, now: Mapping[str, str]) -> tuple[list[str], FileWatcher]:
        """The data sets that are new or changed and have come to rest, and what to remember.

        A file that is still being copied differs from poll to poll and is left alone until it does not.
        """
        news = [
            name
            for name, state in now.items()
            if self.seen.get(name) == state and self.handled.get(name) != state
        ]
        return news, FileWatcher(now, {**self.handled, **{name: now[name] for name in news}})


def data_at_hand(settings: Settings, catalogue: Catalogue) -> dict[str, str]:
    """Data set -> state of its files and its entry, of all that have their files at hand."""
    folders = search_folders(settings.data)
    states = {}
    for name, entry in sorted(catalogue.items()):
        if (files := find_files(entry, folders)) is not None:
            states[name] = _state(entry, state_of(files))
    return states


def _state(entry: Dataset, files: str) -> str:
    settings = [entry.settings_version, repr(sorted(entry.protocols.items())), files]
    return hashlib.sha256("|".join(settings).encode()).hexdigest()[:16]
