from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from recdag.datasets.entry import Dataset
from recdag.datasets.file_search import checksum, data_version, ensure_files, find_files, search_folders
from recdag.errors import DataError

COLUMNS = {"user": "u", "item": "i"}


def put(path: Path, text: str = "u,i\n1,2\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_search_folders_come_from_the_environment_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECDAG_DATA_DIR", os.pathsep.join(["/a", "/b"]))
    assert search_folders(tmp_path) == [Path("/a"), Path("/b"), tmp_path / "raw"]
    monkeypatch.delenv("RECDAG_DATA_DIR")
    assert search_folders(tmp_path) == [tmp_path / "raw"]


@pytest.mark.parametrize("place", ["toy/ratings.csv", "ratings.csv", "toy/ratings.csv.gz", "ratings.csv.gz"])
def test_places_of_a_file(tmp_path: Path, place: str, make_dataset: Callable[..., Dataset]) -> None:
    path = put(tmp_path / "b" / place)
    found = find_files(make_dataset(columns=COLUMNS), [tmp_path / "a", tmp_path / "b"])
    assert found is not None
    assert found.paths == {"events": path}


def test_the_main_form_is_preferred_to_an_alternative(
    tmp_path: Path, make_dataset: Callable[..., Dataset]
) -> None:
    dataset = make_dataset(
        columns=COLUMNS,
        alternatives=[{"format": "table", "files": {"events": "other.csv"}, "columns": COLUMNS}],
    )
    assert find_files(dataset, [tmp_path]) is None
    put(tmp_path / "first" / "other.csv")
    found = find_files(dataset, [tmp_path / "first", tmp_path / "second"])
    assert found is not None
    assert found.source.files == {"events": ("other.csv",)}
    put(tmp_path / "second" / "ratings.csv")
    found = find_files(dataset, [tmp_path / "first", tmp_path / "second"])
    assert found is not None
    assert found.paths["events"].name == "ratings.csv"


def test_items_may_be_absent_interactions_may_not(
    tmp_path: Path, make_dataset: Callable[..., Dataset]
) -> None:
    files = {"events.1": "a.csv", "events.2": "b.csv", "items": "items.csv"}
    dataset = make_dataset(columns=COLUMNS, files=files)
    put(tmp_path / "a.csv")
    assert find_files(dataset, [tmp_path]) is None
    put(tmp_path / "b.csv")
    found = find_files(dataset, [tmp_path])
    assert found is not None
    assert [path.name for path in found.of_kind("events")] == ["a.csv", "b.csv"]


def test_sign_in_sets_say_what_to_do(tmp_path: Path, make_dataset: Callable[..., Dataset]) -> None:
    dataset = make_dataset(columns=COLUMNS, instructions="Sign in at example.org.")
    with pytest.raises(DataError, match=r"Sign in at example\.org\..*ratings\.csv") as caught:
        ensure_files(dataset, tmp_path)
    assert str(tmp_path / "raw" / "toy") in str(caught.value)


def test_checksum_is_remembered_until_the_file_changes(tmp_path: Path) -> None:
    path, cache = put(tmp_path / "x.csv", "one"), tmp_path / "sums.json"
    assert checksum(path, cache) == hashlib.sha256(b"one").hexdigest()
    (key,) = json.loads(cache.read_text())
    cache.write_text(json.dumps({key: "remembered"}))
    assert checksum(path, cache) == "remembered"
    put(path, "other")
    assert checksum(path, cache) == hashlib.sha256(b"other").hexdigest()
    assert len(json.loads(cache.read_text())) == 1


def test_a_broken_cache_is_no_harm(tmp_path: Path) -> None:
    path, cache = put(tmp_path / "x.csv", "one"), put(tmp_path / "sums.json", "{half")
    assert checksum(path, cache) == hashlib.sha256(b"one").hexdigest()


def test_data_version_is_of_the_content(tmp_path: Path, make_dataset: Callable[..., Dataset]) -> None:
    dataset = make_dataset(columns=COLUMNS)
    put(tmp_path / "a" / "ratings.csv")
    put(tmp_path / "b" / "toy" / "ratings.csv")
    put(tmp_path / "c" / "ratings.csv", "u,i\n1,3\n")
    found = [find_files(dataset, [tmp_path / folder]) for folder in "abc"]
    a, b, c = (data_version(each) for each in found if each)
    assert a == b != c


def test_data_version_of_a_simulation_follows_its_parameters(make_dataset: Callable[..., Dataset]) -> None:
    dataset = make_dataset("simulated", parameters={"seed": 1})
    one, same = find_files(dataset, []), find_files(replace(dataset, title="x"), [])
    other = find_files(replace(dataset, parameters={"seed": 2}), [])
    assert one and same and other
    assert data_version(one) == data_version(same) != data_version(other)
