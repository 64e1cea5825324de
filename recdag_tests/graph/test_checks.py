"""Each check finds the fault it is there for."""

import duckdb
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from recdag.graph import checks
from recdag.graph.project import Project
from recdag.graph.training import train_model
from recdag.graph.training_request import TrainingRequest


@pytest.fixture
def project(prepare):
    return prepare("leave_one_out")


def change(project, *statements):
    with project.warehouse.writing("tiny") as connection:
        for statement in statements:
            connection.execute(statement)


def test_a_repeated_row_is_found(project):
    assert checks.no_duplicates(project, "tiny").passed
    change(project, "insert into interactions from interactions limit 2")
    verdict = checks.no_duplicates(project, "tiny")
    assert not verdict.passed and verdict.metadata == {"repeated": 2, "unknown_ids": 0}


@pytest.mark.parametrize("column, value", [("user_id", 60), ("item_id", -1)])
def test_an_id_that_nobody_has_is_found(project, column, value):
    change(project, f"update interactions set {column} = {value} where user_id = 3 and item_id < 15")
    verdict = checks.no_duplicates(project, "tiny")
    assert not verdict.passed and verdict.metadata["unknown_ids"] > 0


def test_a_held_out_pair_in_training_is_found(project):
    assert checks.no_leak(project, "tiny", "leave_one_out").passed
    change(
        project,
        "insert into split_leave_one_out select fold, 'train', user_id, item_id, weight "
        "from split_leave_one_out where part = 'test' limit 3",
    )
    verdict = checks.no_leak(project, "tiny", "leave_one_out")
    assert not verdict.passed and verdict.metadata["leaks"] == 3


def test_a_held_out_pair_in_what_is_folded_in_is_found(prepare):
    project = prepare("strong_generalization")
    assert checks.no_leak(project, "tiny", "strong_generalization").passed
    change(
        project,
        "insert into split_strong_generalization select fold, 'test_input', user_id, item_id, weight "
        "from split_strong_generalization where part = 'test' limit 2",
    )
    verdict = checks.no_leak(project, "tiny", "strong_generalization")
    assert not verdict.passed and verdict.metadata["leaks"] == 2


def test_sizes_under_a_protocol_are_compared(project, home):
    entry = home / "data" / "added" / "tiny.yaml"
    text = entry.read_text()
    assert checks.expected_split_size(project, "tiny", "leave_one_out").passed
    for users, passed in ((60, True), (61, False)):
        entry.write_text(f"{text}expected_by_protocol: {{leave_one_out: {{users: {users}}}}}\n")
        verdict = checks.expected_split_size(Project.open(), "tiny", "leave_one_out")
        assert verdict.passed is passed and verdict.metadata["users"] == 60


@pytest.fixture
def weights(project):
    train_model(project, TrainingRequest("tiny", "ncf", "gmf"))
    path = project.trained("tiny", "ncf", "gmf") / "fold-0.safetensors"
    assert checks.finite_weights(project, "tiny", "ncf", "gmf").passed
    return path


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_are_found(project, weights, value):
    arrays = load_file(weights)
    name, array = next(iter(arrays.items()))
    array = array.copy()
    array.flat[-1] = value
    save_file({**arrays, name: array}, weights)
    verdict = checks.finite_weights(project, "tiny", "ncf", "gmf")
    assert not verdict.passed and f"{name} is not finite" in verdict.explanation


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.999])
def test_weights_cut_short_are_found_and_the_cure_works(project, weights, kept):
    whole = weights.read_bytes()
    weights.write_bytes(whole[: int(kept * len(whole))])
    verdict = checks.finite_weights(project, "tiny", "ncf", "gmf")
    assert not verdict.passed
    assert str(weights) in verdict.explanation and f"Delete {weights.parent}" in verdict.explanation
    for each in weights.parent.iterdir():
        each.unlink()
    train_model(project, TrainingRequest("tiny", "ncf", "gmf"))
    assert weights.read_bytes() == whole


def test_missing_weights_are_found(project, weights):
    weights.unlink()
    assert not checks.finite_weights(project, "tiny", "ncf", "gmf").passed


def test_the_published_tables_are_compared_with_the_contract(project):
    project.published.ensure()
    assert checks.published_schema(project).passed
    with duckdb.connect(str(project.settings.published)) as connection:
        connection.execute("alter table metrics alter column value type varchar")
        connection.execute("alter table studies alter column std_err type varchar")
    verdict = checks.published_schema(project)
    assert not verdict.passed
    assert "metrics.value is VARCHAR, not DOUBLE" in verdict.explanation
    assert "studies.std_err is VARCHAR, not DOUBLE" in verdict.explanation


def test_a_metric_that_is_there_twice_is_found(project):
    row = "insert into metrics (dataset, paper, model, metric, seed, value) values ('a', 'b', 'c', 'd', 0, 1)"
    with project.published.update() as connection:
        connection.execute(row)
    assert checks.published_schema(project).passed
    with project.published.update() as connection:
        connection.execute(row)
    verdict = checks.published_schema(project)
    assert not verdict.passed and "metrics has 1 rows more than once" in verdict.explanation


def test_a_study_may_have_one_value_on_two_axes(project):
    columns = "dataset, paper, study, x_name, x, series, metric"
    row = f"insert into studies ({columns}) values ('a', 'b', 'c', '{{}}', 1, 'd', 'e')"
    with project.published.update() as connection:
        for axis in ("count", "relative rating"):
            connection.execute(row.format(axis))
    assert checks.published_schema(project).passed
