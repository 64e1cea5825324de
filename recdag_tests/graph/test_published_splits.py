"""Authors' own splits, from their files to the check of leaks."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from recdag.errors import DataError
from recdag.graph.assets import make
from recdag.graph.checks import no_leak
from recdag.graph.evaluation import data_notes
from recdag.graph.project import Project
from recdag.graph.shared_splits import split_asset, split_notes

USERS, ITEMS = range(12), range(150)
TRAIN = [(user, (user * 7 + k) % 150) for user in USERS for k in range(6)]
TEST = [(user, (user * 7 + 20) % 150) for user in USERS]
CATALOGUE = [(12, item) for item in ITEMS]


@pytest.fixture
def files(home: Path):
    """Writes a data set in the form of NCF's; gives the project with everything before the split."""

    def write(train, test, negatives=None) -> Project:
        folder = home / "data" / "raw" / "theirs"
        folder.mkdir()
        parts = {"train": train, "test": test}
        for part, pairs in parts.items():
            (folder / f"x.{part}").write_text("".join(f"{user}\t{item}\t1\t0\n" for user, item in pairs))
        if negatives:
            (folder / "x.negatives").write_text(negatives)
        entry = {
            "name": "theirs", "title": "Theirs", "licence": "none", "format": "ncf",
            "files": {part: f"x.{part}" for part in (*parts, *(["negatives"] if negatives else []))},
            "protocols": {"leave_one_out": {"published": True}},
        }  # fmt: skip
        (home / "data" / "added" / "theirs.yaml").write_text(yaml.safe_dump(entry))
        project = Project.open()
        make(project, "theirs", "raw_files", "events", "interactions", "binarized")
        return project

    return write


def test_repeated_training_rows_are_no_leak(files):
    project = files([*TRAIN, *CATALOGUE, *TRAIN], TEST)
    make(project, "theirs", split_asset("leave_one_out"))
    verdict = no_leak(project, "theirs", "leave_one_out")
    assert verdict.passed and verdict.metadata == {"held_out": 25, "leaks": 0}
    told = project.warehouse.provenance("theirs", "events").metadata["oddities"]
    assert told["repeats in the published split, stored once"] == len(TRAIN)
    assert split_notes(project, "theirs", "leave_one_out") == [
        "The published split came without its negatives; they were drawn here, seed 98765.",
        f"The published split repeats {len(TRAIN)} of its rows; each pair counts once.",
    ]
    make(project, "theirs", split_asset("user_holdout"))
    assert split_notes(project, "theirs", "user_holdout") == []


def test_a_test_pair_in_training_is_still_found(files):
    project = files([*TRAIN, *CATALOGUE, TEST[3]], TEST)
    with pytest.raises(DataError, match="a pair both in training and in test"):
        make(project, "theirs", split_asset("leave_one_out"))


def test_it_is_told_where_the_negatives_were_drawn(files):
    project = files([*TRAIN, *CATALOGUE], TEST)
    assert (
        make(project, "theirs", split_asset("leave_one_out"))[0].metadata["negatives"]
        == "drawn here, seed 98765"
    )
    assert "negatives" not in make(project, "theirs", split_asset("user_holdout"))[0].metadata


def test_published_negatives_are_taken(files):
    negatives = "".join(f"({user},{item})\t1\t149\n" for user, item in TEST)
    project = files([*TRAIN, *CATALOGUE], TEST, negatives)
    assert "negatives" not in make(project, "theirs", split_asset("leave_one_out"))[0].metadata
    assert split_notes(project, "theirs", "leave_one_out") == []


def test_what_has_to_be_known_of_the_data_is_recorded_with_the_results(files):
    project = files([*TRAIN, *CATALOGUE], TEST)
    entry = project.settings.added / "theirs.yaml"
    entry.write_text(entry.read_text() + "expected: {users: 20}\n")
    project = Project.open()
    make(project, "theirs", split_asset("leave_one_out"))
    assert data_notes(project, "theirs", "leave_one_out") == [
        "Sizes differ from the catalogue: users 13 (expected 20).",
        "The published split came without its negatives; they were drawn here, seed 98765.",
    ]
