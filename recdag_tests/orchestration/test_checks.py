"""Checks in the graph: they stop what is below them, with one message."""

import logging
import shutil

from recdag.orchestration.runs import materialize
from recdag.settings import Settings


def run(selection):
    return materialize(Settings.from_environment(), "tiny", selection, logging.NullHandler())


def test_damaged_weights_and_results_are_one_message_each_and_the_cures_work(with_cf_nade):
    home, selection = with_cf_nade, '+key:"cf_nade/evaluation" or key:"comparison"'
    published = home / "data" / "recdag.duckdb"
    folder = home / "models" / "trained" / "tiny" / "cf_nade" / "wmf"
    weights = folder / "fold-0.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    before = published.read_bytes()

    summary = run(selection)
    assert not summary.success
    ((where, message),) = summary.failures
    assert where == "check finite_weights of cf_nade/wmf"
    assert str(weights) in message and f"Delete {folder}" in message
    assert published.read_bytes() == before

    shutil.rmtree(folder)
    damaged = before[: 3 * 4096 + 100]
    published.write_bytes(damaged)
    summary = run(selection)
    ((_, message),) = summary.failures
    assert str(published) in message and "delete it and run again" in message
    assert published.read_bytes() == damaged

    published.unlink()
    assert run(selection).success


def test_a_damaged_working_file_is_one_message_and_the_cure_works(with_cf_nade):
    home, selection = with_cf_nade, '+key:"binarized"'
    file = home / "data" / "warehouse" / "tiny.duckdb"
    file.write_bytes(file.read_bytes()[: 3 * 4096 + 100])
    summary = run(selection)
    ((_, message),) = summary.failures
    assert str(file) in message and "delete it and run again" in message
    file.unlink()
    assert run(selection).success
