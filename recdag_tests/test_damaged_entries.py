"""A catalogue entry that cannot be read, beside data sets that go on."""

from __future__ import annotations

import pytest
from dagster import AssetKey

from recdag.orchestration.definitions import build_defs
from recdag_tests.command import recdag


@pytest.fixture
def damaged(home):
    added = home / "data" / "added"
    (added / "broken.yaml").write_text("name: broken\ntitle: [")
    (added / "a...b.yaml").write_text((added / "tiny.yaml").read_text().replace("name: tiny", "name: a...b"))
    return home


def test_the_others_are_listed_and_run(damaged):
    listed = recdag("datasets", "list")
    assert listed.returncode == 0
    lines = {line.split()[0]: line for line in listed.stdout.splitlines()}
    assert "here" in lines["tiny"] and "here" in lines["demo"]
    assert "damaged" in lines["broken"] and "broken.yaml, line 2: This is not valid YAML" in lines["broken"]
    assert "damaged" in lines["a...b"] and "single dots" in lines["a...b"]

    ran = recdag("run", "--dataset", "tiny", "--select", "+key:events")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    stands = recdag("status")
    assert stands.returncode == 0 and "tiny" in stands.stdout
    assert "broken  cannot be looked at: its entry is damaged:" in stands.stdout


@pytest.mark.parametrize(
    "command", [("run",), ("status",), ("recommend", "--model", "benchmark/ease", "--user", "u1")]
)
def test_what_is_asked_of_it_ends_in_its_message(damaged, command):
    asked = recdag(*command, "--dataset", "broken")
    assert asked.returncode == 1
    assert asked.stderr.count("\n") <= 2 and "broken.yaml, line 2: This is not valid YAML" in asked.stderr


def test_the_graph_loads_without_it_and_says_why(damaged):
    raw_files = build_defs().resolve_asset_graph().get(AssetKey("raw_files"))
    keys = raw_files.partitions_def.get_partition_keys()
    assert "tiny" in keys and not {"broken", "a...b"} & set(keys)
    told = raw_files.metadata["damaged_entries"].md_str
    assert "`broken`: " in told and "This is not valid YAML" in told and "`a...b`: " in told


def test_a_name_that_no_partition_may_have_is_refused(home, tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("user,item\n" + "".join(f"u{n % 9},i{n % 7}\n" for n in range(63)))
    refused = recdag("datasets", "add", str(path), "--name", "a...b")
    assert refused.returncode == 1 and "a name is up to 100 small letters" in refused.stderr
    assert not list((home / "data" / "added").glob("a*"))


def test_a_damaged_entry_is_replaced_by_force(damaged, tmp_path):
    path = tmp_path / "broken.csv"
    path.write_text("user,item\n" + "".join(f"u{n % 9},i{n % 7}\n" for n in range(63)))
    assert "There is a data set called broken already" in recdag("datasets", "add", str(path)).stderr
    assert recdag("datasets", "add", str(path), "--force").returncode == 0
