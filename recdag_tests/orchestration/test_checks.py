"""Checks in the graph: they stop what is below them, with one message."""

import logging

from recdag.orchestration.run import materialize
from recdag.settings import Settings


def run(selection):
    return materialize(Settings.from_environment(), "tiny", selection, logging.NullHandler())


def test_damaged_weights_stop_the_evaluation_and_the_cure_works(home):
    selection = '+key:"cf_nade/evaluation"'
    assert run(selection).success
    folder = home / "models" / "trained" / "tiny" / "cf_nade" / "wmf"
    weights = folder / "fold-0.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    before = (home / "data" / "recdag.duckdb").read_bytes()

    summary = run(selection)
    assert not summary.success
    ((where, message),) = summary.failures
    assert where == "check finite_weights of cf_nade/wmf"
    assert str(weights) in message and f"Delete {folder}" in message
    assert (home / "data" / "recdag.duckdb").read_bytes() == before

    for each in folder.iterdir():
        each.unlink()
    assert run(selection).success


def test_a_damaged_working_file_is_one_message_and_the_cure_works(home):
    selection = '+key:"binarized"'
    assert run(selection).success
    file = home / "data" / "warehouse" / "tiny.duckdb"
    file.write_bytes(file.read_bytes()[: 3 * 4096 + 100])
    summary = run(selection)
    ((_, message),) = summary.failures
    assert str(file) in message and "delete it and run again" in message
    file.unlink()
    assert run(selection).success


def test_a_damaged_published_file_is_one_message_and_is_built_anew(home):
    selection = '+key:"cf_nade/evaluation" or key:"comparison"'
    assert run(selection).success
    file = home / "data" / "recdag.duckdb"
    damaged = file.read_bytes()[: 3 * 4096 + 100]
    file.write_bytes(damaged)
    summary = run(selection)
    ((_, message),) = summary.failures
    assert str(file) in message and "delete it and run again" in message
    assert file.read_bytes() == damaged
    file.unlink()
    assert run(selection).success
