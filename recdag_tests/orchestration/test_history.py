"""What failed lately is told until it is made up for."""

import logging

from dagster._core.execution.plan.objects import StepFailureData
from dagster_shared.error import SerializableErrorInfo

from recdag.orchestration.history import failures, message_of
from recdag.orchestration.runs import materialize
from recdag.settings import Settings


def run(selection):
    return materialize(Settings.from_environment(), "tiny", selection, logging.NullHandler())


def test_before_the_first_run_nothing_has_failed(home):
    assert failures(Settings.from_environment(), "tiny") == {}


def test_a_failure_is_told_in_one_line_until_the_asset_is_made(home):
    events = home / "data" / "raw" / "tiny" / "events.csv"
    good = events.read_text()
    events.write_text(good + "u0,i1,buy,yesterday\n")
    assert not run('+key:"events"').success
    found = failures(Settings.from_environment(), "tiny")
    assert set(found) == {"events"}
    assert "yesterday" in found["events"] and "\n" not in found["events"]
    assert failures(Settings.from_environment(), "demo") == {}

    events.write_text(good)
    assert run('+key:"events"').success
    assert failures(Settings.from_environment(), "tiny") == {}


def test_a_check_that_stopped_a_run_counts_for_its_asset(home):
    assert run('+key:"ncf/item_pop"').success
    weights = home / "models" / "trained" / "tiny" / "ncf" / "item_pop" / "fold-0.safetensors"
    weights.write_bytes(b"nothing")
    assert not run('key:"ncf/item_pop"').success
    told = failures(Settings.from_environment(), "tiny")["ncf/item_pop"]
    assert told.startswith("check finite_weights: ") and weights.name in told


def test_what_was_stopped_says_so():
    stop = SerializableErrorInfo("interrupted", [], "DagsterExecutionInterruptedError")
    around = SerializableErrorInfo("an op failed", [], "DagsterExecutionStepExecutionError", cause=stop)
    assert "was stopped" in message_of(StepFailureData(error=around, user_failure_data=None))
