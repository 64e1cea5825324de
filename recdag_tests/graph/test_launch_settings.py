"""What the Launchpad shows of a model, and what becomes of values that it cannot take."""

import logging

import pytest

from recdag.graph.launch_settings import training_launch
from recdag.graph.project import Project
from recdag.graph.training import train_model
from recdag.graph.training_request import TrainingRequest
from recdag.orchestration.runs import materialize
from recdag.recipes.recipe import Hyperparameter, Sourced
from recdag.recommenders.catalogue import model_spec
from recdag.settings import Settings


def test_every_field_says_what_holds_where_it_is_not_set():
    recipe = {"factors": Hyperparameter(8, "paper, section 4.1", {"demo": Sourced(4, "ours")})}
    described = training_launch(model_spec("gmf"), recipe).model_fields
    assert described["factors"].description.endswith("Unset: 8, as in the recipe; on demo 4.")
    assert "the default." in described["epochs"].description
    assert all("Unset: " in described[name].description for name in model_spec("gmf").config.model_fields)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"factors": -3},
            "what was set for ncf/gmf: factors=-3 has to be >= 1. Set a value within the bounds",
        ),
        ({"learning_rate": 0.0}, "what was set for ncf/gmf: learning_rate=0.0 has to be > 0"),
    ],
)
def test_a_value_out_of_bounds_is_one_sentence_and_leaves_the_model(prepare, monkeypatch, values, message):
    project: Project = prepare("leave_one_out")
    train_model(project, TrainingRequest("tiny", "ncf", "gmf"))
    card = project.trained("tiny", "ncf", "gmf") / "card.json"
    before = card.read_text()
    summary = materialize(
        Settings.from_environment(), "tiny", "ncf/gmf", logging.NullHandler(), {"ncf/gmf": values}
    )
    ((step, told),) = summary.failures
    assert step == "ncf__gmf" and told.startswith(message) and "\n" not in told
    assert card.read_text() == before
