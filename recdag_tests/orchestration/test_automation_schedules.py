"""What the nightly schedule launches."""

from datetime import UTC, datetime

import dagster as dg

from recdag.graph.project import Project
from recdag.orchestration.automation import nightly
from recdag.orchestration.definitions import build_defs
from recdag.orchestration.resources import ProjectResource


def requests_of(night=21):
    context = dg.build_schedule_context(
        scheduled_execution_time=datetime(2026, 11, night, 3, tzinfo=UTC),
        resources={"project": ProjectResource.of(Project.open())},
    )
    return list(nightly(context))


def test_a_night_has_one_run_a_data_set_with_data(home):
    requests = requests_of()
    assert [each.partition_key for each in requests] == ["demo", "tiny"]
    assert {each.run_key for each in requests}.isdisjoint(each.run_key for each in requests_of(night=22))


def test_without_its_file_a_data_set_has_no_run(home):
    (home / "data" / "raw" / "tiny" / "events.csv").unlink()
    assert [each.partition_key for each in requests_of()] == ["demo"]


def test_the_schedule_is_stopped_and_leaves_out_large_studies(home):
    defs = build_defs()
    assert defs.resolve_schedule_def("nightly").default_status is dg.DefaultScheduleStatus.STOPPED
    graph = defs.resolve_asset_graph()
    chosen = defs.resolve_job_def("refresh").asset_layer.selected_asset_keys
    assert all(graph.get(key).tags.get("study") != "large" for key in chosen)
    assert {dg.AssetKey("report"), dg.AssetKey(["ncf", "gmf"])} <= set(chosen)
