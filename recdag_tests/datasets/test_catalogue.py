from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from dagster._core.definitions.partitions.utils.base import INVALID_PARTITION_SUBSTRINGS

from recdag.datasets.catalogue import load_catalogue, load_dataset
from recdag.datasets.entry import is_name
from recdag.errors import DataError

BASE = {
    "name": "toy", "title": "Toy", "licence": "none", "format": "table",
    "files": {"events": "a.csv"}, "columns": {"user": "u", "item": 2},
}  # fmt: skip
SHIPPED = {
    "demo", "ml-100k", "ml-1m", "ml-20m", "ml-latest-small", "netflix", "msd", "lastfm-2k", "pinterest",
    "taobao", "amazon-food", "douban", "ncf-ml-1m", "alibaba-2014", "tmall-3-behaviours", "pinterest-20",
    "yelp2018-lightgcn",
}  # fmt: skip


def write(path: Path, **changes: object) -> Path:
    path.write_text(yaml.safe_dump({**BASE, **changes}))
    return path


def test_every_shipped_entry_loads(catalogue_folder: Path) -> None:
    catalogue = load_catalogue([catalogue_folder])
    assert set(catalogue) == SHIPPED
    assert all(path.stem in catalogue for path in catalogue_folder.glob("*.yaml"))
    for dataset in catalogue.values():
        assert dataset.simulated or dataset.download or dataset.instructions, dataset.name


def test_ncf_split_stands_for_ml_1m(catalogue_folder: Path) -> None:
    dataset = load_catalogue([catalogue_folder])["ncf-ml-1m"]
    assert dataset.stands_for["leave_one_out"] == "ml-1m"
    assert dataset.protocols["leave_one_out"]["published"] is True


def test_first_folder_wins(tmp_path: Path) -> None:
    for folder, title in (("own", "Mine"), ("shipped", "Theirs")):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / "toy.yaml", title=title)
    assert load_catalogue([tmp_path / "own", tmp_path / "shipped"])["toy"].title == "Mine"
    (tmp_path / "own" / "toy.yaml").write_text("title: half")
    catalogue = load_catalogue([tmp_path / "own", tmp_path / "shipped"])
    assert set(catalogue) == set() and set(catalogue.damaged) == {"toy"}


DEEP = 3000
DAMAGED = {
    "garbage": ("%&\x00[{", "not valid YAML"),
    "latin-1": ("title: Café".encode("latin-1"), "not valid YAML"),
    "nested": ("a: " + "[" * DEEP + "]" * DEEP, "nested too deep"),
    "doubled key": ("name: bad\ntitle: a\ntitle: b\n", r"line 3: .*`title` is there twice"),
    "doubled below": ("name: bad\ncolumns: {user: 1, item: 2, user: 3}\n", "line 2: .*`user` is there twice"),
    "wrong types": ("name: [1]\ntitle: {a: 1}\nlicence: 3\nformat: table\n", "field (name|title)"),
    "no text for a key": ("1: 2\n[a]: 3\n", "bad.yaml"),
    "other keys": ("1: 2\n", "Unknown field 1"),
    "no such day": ("name: bad\ntitle: 2024-13-45\n", "not valid YAML"),
    "a circle": ("&a {name: bad, title: *a}", "bad.yaml"),
    "a bomb": (
        "a0: &a0 [x, x]\n"
        + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 50))
        + "format: *a49\n",
        "bad.yaml",
    ),
    "a list": ("- 1", "mapping of fields"),
    "bad name": (yaml.safe_dump({**BASE, "name": "a...b"}), "small letters, digits"),
    "long name": (yaml.safe_dump({**BASE, "name": "a" * 101}), "up to 100"),
    "a line for a name": (yaml.safe_dump({**BASE, "name": "a\n"}), "small letters, digits"),
    "other name": (yaml.safe_dump(BASE), "is called toy, its file is not.*Rename the file to toy.yaml"),
}  # fmt: skip


@pytest.mark.parametrize("fault", DAMAGED)
def test_a_damaged_entry_concerns_its_data_set_alone(tmp_path: Path, fault: str) -> None:
    content, message = DAMAGED[fault]
    write(tmp_path / "toy.yaml")
    bad = tmp_path / "bad.yaml"
    bad.write_bytes(content if isinstance(content, bytes) else content.encode())
    catalogue = load_catalogue([tmp_path])
    assert list(catalogue) == ["toy"] and list(catalogue.damaged) == ["bad"]
    told = str(catalogue.damaged["bad"])
    assert re.search(message, told) and str(bad) in told and len(told) < 500
    assert catalogue.damaged["bad"].cure


def test_what_is_no_file_concerns_its_data_set_alone(tmp_path: Path) -> None:
    write(tmp_path / "toy.yaml")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "away.yaml").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / ".#toy.yaml").symlink_to("editor@host")
    catalogue = load_catalogue([tmp_path])
    assert list(catalogue) == ["toy"] and set(catalogue.damaged) == {"folder", "away", "pipe"}


def test_two_files_for_one_name(tmp_path: Path) -> None:
    for name in ("toy.yaml", "toy.yml"):
        write(tmp_path / name)
    write(tmp_path / "other.yaml", name="other")
    catalogue = load_catalogue([tmp_path])
    assert list(catalogue) == ["other"]
    assert "There are two entries, toy.yaml and toy.yml" in str(catalogue.damaged["toy"])


@pytest.mark.parametrize("substring", INVALID_PARTITION_SUBSTRINGS)
def test_no_name_holds_what_partitions_must_not(substring: str) -> None:
    assert not is_name(f"a{substring}b") and not is_name(f"a{substring}")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"titel": "x"}, "Unknown field titel; did you mean title"),
        (
            {"columns": {"user": "u", "item": 2, "separater": ","}},
            "columns.separater; did you mean separator",
        ),
        ({"columns": {"user": "u"}}, "columns.item is missing"),
        ({"columns": {"user": 0, "item": 1}}, "field columns.user"),
        ({"files": {}}, "the role events is needed"),
        ({"files": {"events": "../a.csv"}}, "not a path inside"),
        ({"files": {"events": "/etc/passwd"}}, "not a path inside"),
        ({"format": "tabel"}, "field format .* 'tabel'"),
        ({"name": "My Data"}, "name: 'My Data' is no name"),
        ({"download": {"url": "file:///etc/passwd"}}, "no address of http or https"),
        ({"download": {"url": "ftp://files.example.org/a"}}, "no address of http or https"),
        (
            {"download": {"url": "http://169.254.169.254/latest/meta-data"}},
            "inside this machine or its network",
        ),
        ({"download": {"url": "http://[::1]/a"}}, "inside this machine or its network"),
        ({"download": {"url": "https://10.1.2.3/a"}}, "inside this machine or its network"),
        ({"download": {"url": "http://LOCALHOST./a"}}, "inside this machine or its network"),
        ({"supportive": ["interaction"]}, "interaction is the target already"),
        ({"behaviours": {"1": "buy"}}, "buy is neither the target nor supportive"),
        ({"protocols": {"leave_one_out": {"min_users": 3}}}, "did you mean min_user"),
        ({"protocols": {"leave_one_out": {"published": "yes"}}}, "has the wrong type"),
        ({"protocols": {"leave_two_out": {}}}, "protocols"),
        ({"min_value": "many"}, "field min_value"),
        ({"min_value": float("nan")}, "field min_value"),
        ({"protocols": {"leave_one_out": {"min_value": float("nan")}}}, "wrong type or sign"),
        ({"protocols": {"leave_one_out": {"min_user": -1}}}, "wrong type or sign"),
        ({"columns": {"user": "u", "item": 2, "separator": "\n"}}, "columns.separator"),
        ({"columns": {"user": 99999999999999999999, "item": 2}}, "columns.user"),
        ({"parameters": {"n_user": 5}}, "field parameters.n_user"),
    ],
)
def test_wrong_entries_are_refused(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    path = write(tmp_path / "toy.yaml", **changes)
    with pytest.raises(DataError, match=message) as caught:
        load_dataset(path)
    assert str(path) in str(caught.value)
    assert caught.value.cure


@pytest.mark.parametrize("text", ["a: [1", "- 1", "", "\x00"])
def test_what_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "toy.yaml"
    path.write_text(text)
    with pytest.raises(DataError, match=r"toy\.yaml"):
        load_dataset(path)


def test_yaml_cannot_make_objects(tmp_path: Path) -> None:
    path = tmp_path / "toy.yaml"
    path.write_text("name: !!python/object/apply:os.getcwd []")
    with pytest.raises(DataError, match="not valid YAML"):
        load_dataset(path)


def test_an_alternative_shares_items_and_users(catalogue_folder: Path) -> None:
    main, other = load_catalogue([catalogue_folder])["ml-1m"].sources
    assert other.files["items"] == main.files["items"]
    assert other.files["events"] != main.files["events"]


def test_settings_version_follows_what_is_read(tmp_path: Path) -> None:
    dataset = load_dataset(write(tmp_path / "toy.yaml"))
    assert replace(dataset, title="Other").settings_version == dataset.settings_version
    assert replace(dataset, target="buy").settings_version != dataset.settings_version
