from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from recdag.datasets.catalogue import load_catalogue, load_dataset
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
        write(tmp_path / folder / "x.yaml", title=title)
    assert load_catalogue([tmp_path / "own", tmp_path / "shipped"])["toy"].title == "Mine"


def test_one_name_twice_in_a_folder(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml")
    write(tmp_path / "b.yaml")
    with pytest.raises(DataError, match=r"b\.yaml: The name toy is taken by a\.yaml"):
        load_catalogue([tmp_path])


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
        ({"name": "My Data"}, "field name"),
        ({"download": {"url": "file:///etc/passwd"}}, "download"),
        ({"supportive": ["interaction"]}, "interaction is the target already"),
        ({"behaviours": {"1": "buy"}}, "buy is neither the target nor supportive"),
        ({"protocols": {"leave_one_out": {"min_users": 3}}}, "did you mean min_user"),
        ({"protocols": {"leave_one_out": {"published": "yes"}}}, "has the wrong type"),
        ({"protocols": {"leave_two_out": {}}}, "protocols"),
        ({"min_value": "many"}, "field min_value"),
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
    dataset = load_dataset(write(tmp_path / "t.yaml"))
    assert replace(dataset, title="Other").settings_version == dataset.settings_version
    assert replace(dataset, target="buy").settings_version != dataset.settings_version
