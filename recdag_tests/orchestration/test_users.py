"""Definitions of the user's own, beside ours."""

import logging

import dagster as dg
import pytest

from recdag.errors import ConfigError
from recdag.graph.project import Project
from recdag.orchestration.definitions import build_defs
from recdag.orchestration.runs import materialize

OWN = '''
import dagster as dg

from recdag.orchestration.resources import ProjectResource


@dg.asset(deps=["binarized"], group_name="mine")
def positives(project: ProjectResource) -> dg.MaterializeResult:
    """How many positives there are."""
    with project.open().warehouse.reading("tiny") as connection:
        (count,) = connection.execute("select count(*) from binarized").fetchone()
    return dg.MaterializeResult(metadata={"positives": count, "cached": False})
'''


@pytest.fixture
def own(home):
    """The user's file."""
    (home / "defs").mkdir()
    return home / "defs" / "positives.py"


class Counted(logging.Handler):
    """Collects the metadata of the user's asset."""

    positives = None

    def emit(self, record):
        event = getattr(record, "dagster_event", None)
        if event is not None and event.event_type_value == "ASSET_MATERIALIZATION":
            metadata = event.step_materialization_data.materialization.metadata
            if "positives" in metadata:
                self.positives = metadata["positives"].value


def test_an_asset_of_ones_own_is_found_and_made_with_what_it_needs(own):
    own.write_text(OWN)
    project, counted = Project.open(), Counted()
    graph = build_defs(project).resolve_asset_graph()
    assert graph.get(dg.AssetKey("positives")).parent_keys == {dg.AssetKey("binarized")}
    summary = materialize(project.settings, "tiny", "+positives", counted)
    assert summary.success and "binarized" in summary.assets and counted.positives == 660


def test_a_file_that_cannot_be_loaded_is_named(own):
    own.write_text("import nothing_of_that_name")
    with pytest.raises(ConfigError, match=r"positives.py: ModuleNotFoundError: .*move it out"):
        build_defs(Project.open())


def test_a_project_is_an_argument(home, tmp_path_factory, monkeypatch):
    """Not what the environment says when the module is loaded."""
    project = Project.open()
    monkeypatch.setenv("RECDAG_HOME", str(tmp_path_factory.mktemp("elsewhere")))
    partitions = build_defs(project).resolve_asset_graph().get(dg.AssetKey("events")).partitions_def
    assert "tiny" in partitions.get_partition_keys() and "tiny" not in Project.open().workable
