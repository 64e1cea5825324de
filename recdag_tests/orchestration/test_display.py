"""What `recdag run` shows of a run."""

import io
import logging

import dagster as dg
from dagster._core.events import AssetObservationData
from rich.console import Console

from recdag.orchestration.display import RunDisplay
from recdag.orchestration.runs import materialize
from recdag.settings import Settings


def shown():
    """The display of one run and the lines it printed."""
    output = io.StringIO()
    with RunDisplay(Console(file=output, width=100)) as display:
        assert materialize(Settings.from_environment(), "tiny", '+key:"ncf/item_pop"', display).success
    return display, output.getvalue()


def test_what_was_computed_is_a_line_each_and_what_was_there_is_counted(home):
    display, lines = shown()
    assert "✓ events" in lines and "✓ ncf/item_pop" in lines
    assert display.computed >= 5
    again, lines = shown()
    assert again.computed == 0 and again.reused == display.computed + display.reused and "✓" not in lines


def test_a_warning_of_ours_is_a_line_as_it_is_written_and_other_messages_are_not():
    output = io.StringIO()
    with RunDisplay(Console(file=output, width=100)):
        logging.getLogger("recdag.warehouse.locks").warning("Waiting for %s", "[/b]")
        logging.getLogger("recdag.warehouse.locks").info("epoch 1")
        logging.getLogger("dagster").warning("dependencies were not executed")
    logging.getLogger("recdag.warehouse.locks").warning("too late")
    assert output.getvalue().strip() == "! Waiting for [/b]"


def test_a_download_says_how_far_it_is():
    output = io.StringIO()
    values = {"phase": "downloading", "bytes": 12_300_000, "bytes_in_all": 190_000_000}
    observation = dg.AssetObservation("raw_files", metadata=values)
    with RunDisplay(Console(file=output, width=100, force_terminal=True)) as display:
        display.expect(99)
        record = logging.makeLogRecord({"dagster_event": observed(observation)})
        display.emit(record)
    assert "12.3 of 190.0 MB" in output.getvalue() and "downloading" in output.getvalue()


def observed(observation):
    """The event of an observation, as a run's logger is handed it."""
    return dg.DagsterEvent(
        event_type_value=dg.DagsterEventType.ASSET_OBSERVATION.value,
        job_name="refresh",
        step_key="raw_files",
        event_specific_data=AssetObservationData(observation),
    )
