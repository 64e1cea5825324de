"""What the declarations of assets say of one another."""

import pytest

from recdag.graph.assets import graph
from recdag.graph.project import Project
from recdag.sql_text import columns
from recdag.warehouse.schema import SCHEMA
from recdag_tests.graph.changed_code import change_code


@pytest.fixture
def steps(home):
    return graph(Project.open())


def ancestors(steps, name):
    needs = set(steps[name].needs)
    return needs.union(*(ancestors(steps, need) for need in needs))


def test_inputs_stand_before_what_is_made_of_them(steps):
    place = {name: n for n, name in enumerate(steps)}
    assert all(place[need] < place[name] for name, step in steps.items() for need in step.needs)


def test_what_a_step_reads_lies_above_it(steps):
    for name, step in steps.items():
        assert set(step.awaits) <= ancestors(steps, name), name


def test_columns_come_from_columns_that_exist_above(finished):
    project = Project.open()
    steps = graph(project)
    with project.warehouse.reading("tiny") as connection:
        known = {
            name: set(SCHEMA[step.table] if step.store == "published" else columns(connection, step.table))
            for name, step in steps.items()
            if step.table
        }
    for name, step in steps.items():
        assert set(step.origins) <= known.get(name, set()), name
        for asset, column in {source for sources in step.origins.values() for source in sources}:
            assert asset in ancestors(steps, name) and column in known[asset], (name, asset, column)


def test_every_asset_has_a_code_version_that_follows_its_code(steps, monkeypatch):
    project = Project.open()
    before = {name: step.code_version(project) for name, step in steps.items()}
    assert all(before.values())
    change_code(monkeypatch, "recdag.sql_text", "recdag.evaluation.metrics")
    after = {name: step.code_version(project) for name, step in steps.items()}
    changed = {name for name in before if before[name] != after[name]}
    assert {"events", "interactions", "binarized", "splits/leave_one_out", "ncf/evaluation"} <= changed
    assert not {name for name in changed if steps[name].store == "model"}  # kept by hand
