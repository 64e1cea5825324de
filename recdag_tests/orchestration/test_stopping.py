"""What Dagster's pages say of a run that could not begin, was stopped, or found no network."""

import logging
import os
import signal

import dagster as dg
import pytest
import yaml
from dagster._core.storage.partition_status_cache import get_and_update_asset_status_cache_value

from recdag.datasets import download
from recdag.errors import DataError
from recdag.graph.project import Project
from recdag.orchestration.definitions import build_defs
from recdag.orchestration.instance import prepare_home
from recdag.orchestration.runs import materialize
from recdag.settings import Settings

NCF = '+key:"ncf/evaluation"'


def run(dataset, selection=NCF, display=None):
    return materialize(
        Settings.from_environment(),
        dataset,
        selection,
        display or logging.NullHandler(),
        notify=lambda text: None,
    )


def history():
    """(status of every run, newest first; assets that the graph shows as failed)."""
    graph = build_defs().resolve_asset_graph()
    with dg.DagsterInstance.from_config(str(prepare_home(Settings.from_environment()))) as instance:
        runs = [each.status for each in instance.get_runs()]
        red = set()
        for key in graph.get_all_asset_keys():
            partitions = graph.get(key).partitions_def
            if partitions is None:
                continue
            value = get_and_update_asset_status_cache_value(instance, key, partitions)
            if value is not None and value.deserialize_failed_partition_subsets(partitions):
                red.add(key.to_user_string())
        return runs, red


def add_entry(home, name, **changes):
    folder = home / "data" / "added"
    entry = yaml.safe_load((folder / "tiny.yaml").read_text())
    (folder / f"{name}.yaml").write_text(yaml.safe_dump({**entry, "name": name, **changes}))


def test_files_that_only_a_person_can_get_are_missed_before_a_run_is_created(home):
    add_entry(home, "away", instructions="Ask for it.")
    assert "away" not in Project.open().workable
    with pytest.raises(DataError, match=r"Ask for it\. recdag looks for events\.csv"):
        run("away")
    assert history() == ([], set())
    folder = home / "data" / "raw" / "away"
    folder.mkdir()
    (folder / "events.csv").write_text((home / "data" / "raw" / "tiny" / "events.csv").read_text())
    assert run("away", '+key:"ncf/item_pop"').success


def test_what_was_made_is_kept_a_partition_when_its_files_have_gone(home):
    assert run("tiny", '+key:"splits/leave_one_out"').success
    (home / "data" / "raw" / "tiny" / "events.csv").unlink()
    assert run("tiny", 'key:"ncf/item_pop"').success
    with pytest.raises(DataError, match="cannot be downloaded"):
        run("tiny", NCF)


def test_a_download_that_fails_is_one_failed_asset(home, monkeypatch):
    monkeypatch.setattr(download, "ATTEMPTS", 1)
    add_entry(home, "far", download=[{"url": "http://far.invalid/events.csv"}])
    summary = run("far")
    assert not summary.success
    ((step, message),) = summary.failures
    assert step == "raw_files" and "broke off" in message
    assert history() == ([dg.DagsterRunStatus.FAILURE], {"raw_files"})


class Stopping(logging.Handler):
    """Sends this process a signal when an event comes."""

    def __init__(self, event, step, number):
        super().__init__()
        self.wanted, self.number = (event, step), number

    def emit(self, record):
        event = getattr(record, "dagster_event", None)
        if event is not None and (event.event_type, event.step_key) == self.wanted:
            os.kill(os.getpid(), self.number)


@pytest.mark.parametrize(
    ("event", "step", "number"),
    [
        (dg.DagsterEventType.ASSET_OBSERVATION, "ncf__gmf", signal.SIGINT),
        (dg.DagsterEventType.STEP_SUCCESS, "events", signal.SIGTERM),
        (dg.DagsterEventType.STEP_START, "raw_files", signal.SIGINT),
    ],
)
def test_a_run_that_is_stopped_is_canceled_and_nothing_is_red(home, event, step, number):
    with pytest.raises(KeyboardInterrupt):
        run("tiny", '+key:"ncf/gmf"', Stopping(event, step, number))
    assert history() == ([dg.DagsterRunStatus.CANCELED], set())
