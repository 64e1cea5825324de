"""Every asset's state in eleven situations, as it was told before the graph was declared once."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from recdag.graph.overview import project_status
from recdag.graph.project import Project
from recdag.graph.snapshot import Snapshot
from recdag.recommenders.catalogue import MODELS
from recdag.warehouse.provenance import forget
from recdag_tests.graph.changed_code import change_code

EXPECTED = json.loads((Path(__file__).parent / "states.json").read_text())


def another_wmf(monkeypatch):
    monkeypatch.setitem(MODELS, "wmf", replace(MODELS["wmf"], version="next"))


def code(*modules):
    return lambda monkeypatch: change_code(monkeypatch, *modules)


def deleted(model):
    return lambda monkeypatch: shutil.rmtree(Project.open().settings.trained / "tiny" / model)


def forgotten_table(monkeypatch):
    with Project.open().warehouse.writing("tiny") as connection:
        forget(connection, "binarized")


def forgotten_result(monkeypatch):
    with Project.open().published.update() as connection:
        forget(connection, "ncf/neumf", dataset="tiny")


SITUATIONS = {
    "as it is": lambda monkeypatch: None,
    "another version of wmf": another_wmf,
    "another protocol leave_one_out": code("recdag.evaluation.protocols.leave_one_out"),
    "other code of interactions": code("recdag.warehouse.interactions"),
    "other code of events": code("recdag.datasets.formats"),
    "other code of the matrices": code("recdag.warehouse.matrix_tables"),
    "other code of the tests between models": code("recdag.evaluation.significance"),
    "ncf/gmf is deleted": deleted("ncf/gmf"),
    "benchmark/ease is deleted": deleted("benchmark/ease"),
    "binarized is forgotten": forgotten_table,
    "ncf/neumf is not measured": forgotten_result,
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_states_are_as_before(situation, finished, monkeypatch):
    SITUATIONS[situation](monkeypatch)
    states = {
        each.asset: each.state
        for status in project_status(Snapshot.open())
        if status.made
        for each in status.assets
        if each.asset in EXPECTED["assets"]
    }
    assert set(states) == set(EXPECTED["assets"])
    changed = {asset: state for asset, state in states.items() if state != "current"}
    assert changed == EXPECTED["situations"][situation]


def test_all_situations_are_tried():
    assert set(SITUATIONS) == set(EXPECTED["situations"])
