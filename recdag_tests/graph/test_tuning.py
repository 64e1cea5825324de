"""Searching hyperparameters: the same budget for all, nothing lost, nothing looked at twice."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml

from recdag.errors import Cancelled, ConfigError, RecdagError, TrainingError
from recdag.evaluation import experiment
from recdag.graph.best_values import best_values_path
from recdag.graph.evaluation import evaluate_model
from recdag.graph.model_folder import Card
from recdag.graph.project import Project
from recdag.graph.search import Search
from recdag.graph.shared_splits import read_splits
from recdag.graph.training import plan_training, train_model
from recdag.graph.training_request import TrainingRequest, request_of
from recdag.graph.tuning import tune_model
from recdag.recipes.budget import Budget
from recdag.recipes.search_space import Choice, Range
from recdag.recommenders.ease.model import EASE
from recdag.warehouse.lookups import user_keys

SPACES = {
    "wmf": {"factors": [4, 6, 8], "l2": {"low": 0.001, "high": 1.0, "log": True}},
    "ease": {"l2": {"low": 1.0, "high": 1000.0, "log": True}},
}
OWN = {"l2": {"wmf": 0.007, "ease": 500}}


def write_spaces(home, spaces):
    path = home / "models" / "recipes" / "benchmark.yaml"
    recipe = yaml.safe_load(path.read_text())
    for model, space in spaces.items():
        for name, searched in space.items():
            entry = recipe["models"][model].setdefault(name, {"source": "ours"})
            entry.setdefault("value", OWN.get(name, {}).get(model))
            entry["search"] = searched
    path.write_text(yaml.safe_dump(recipe))


@pytest.fixture
def project(home, prepare):
    write_spaces(home, SPACES)
    return prepare("user_holdout")


def request(model="ease", budget="3", **others):
    return TrainingRequest("tiny", "benchmark", model, budget=Budget.parse(budget), **others)


def rows(project, model="ease"):
    with project.published.reading() as connection:
        return connection.execute(
            "select trial, state, hyperparameters, validation, budget_trials, budget_seconds from trials"
            " where model = ? order by 1",
            [model],
        ).fetchall()


@pytest.fixture
def measured(monkeypatch):
    """The configurations that were fitted, in order."""
    fitted, original = [], experiment.validate_config

    def watched(spec, config, *arguments):
        fitted.append(config)
        return original(spec, config, *arguments)

    monkeypatch.setattr(experiment, "validate_config", watched)
    return fitted


@pytest.mark.parametrize(
    ("text", "budget", "shown"),
    [
        ("20", Budget(trials=20), "20 trials"),
        ("1 trial", Budget(trials=1), "1 trials"),
        ("600s", Budget(seconds=600), "600 s"),
        ("0.5 s", Budget(seconds=0.5), "0.5 s"),
        ("0", None, "None"),
        ("0s", None, "None"),
    ],
)
def test_a_budget_is_trials_or_seconds(text, budget, shown):
    assert Budget.parse(text) == budget and str(budget) == shown


@pytest.mark.parametrize("text", ["", "-1", "many", "1.5", "20 hours", "1e3s"])
def test_what_is_no_budget_is_refused(text):
    with pytest.raises(ConfigError, match="is no budget"):
        Budget.parse(text)


def test_every_model_gets_the_same_number_of_trials_and_starts_from_its_recipe(project):
    for model, own in {"ease": {"l2": 500.0}, "wmf": {"factors": 4, "l2": 0.007}}.items():
        found = tune_model(project, request(model))
        tried = rows(project, model)
        assert [trial for trial, *_ in tried] == [1, 2, 3]
        assert json.loads(tried[0][2]) == own
        assert {row[4:] for row in tried} == {(3, None)}
        assert found.validation == max(quality for _, state, _, quality, *_ in tried if state == "complete")
        assert found.values in [json.loads(values) for _, _, values, *_ in tried]


def test_the_winner_is_trained_and_stated(project):
    with pytest.raises(RecdagError, match="--budget '3 trials'"):
        plan_training(project, request())
    found = tune_model(project, request())
    train_model(project, request())
    card = Card.read(project.trained("tiny", "benchmark", "ease"))
    assert card.config["l2"] == found.values["l2"]
    assert card.sources["l2"] == "tuned: best of 3 trials on validation"
    with project.warehouse.reading("tiny") as connection:
        users = pd.CategoricalDtype(user_keys(connection))
    measurements = evaluate_model(project, card, read_splits(project, "tiny", "user_holdout"), users, "")
    assert set(measurements.metrics["budget_trials"]) == {3}
    assert train_model(project, request()).cached


def test_no_budget_leaves_everything_as_it_was(project, measured):
    before = plan_training(project, request(budget="0"))
    tune_model(project, request())
    done = len(measured)
    assert tune_model(project, request(budget="0")) is None
    assert plan_training(project, request(budget="0")) == before
    assert before.budget is None and before.config.l2 == 500 and len(measured) == done


def test_a_model_without_a_space_is_trained_as_its_recipe_says(project):
    assert tune_model(project, request("item_pop")) is None
    assert plan_training(project, request("item_pop")).budget is None
    assert rows(project, "item_pop") == []


def test_what_is_set_for_this_run_is_not_searched(project):
    found = tune_model(project, request("wmf", overrides={"factors": 5}))
    assert set(found.values) == {"l2"}
    assert plan_training(project, request("wmf", overrides={"factors": 5})).config.factors == 5


def test_a_larger_budget_goes_on_and_the_same_is_not_searched_again(project, measured):
    tune_model(project, request(budget="2"))
    tune_model(project, request(budget="2"))
    assert len(measured) == 2
    tune_model(project, request(budget="4"))
    assert len(measured) == len(set(measured)) == 4
    tune_model(project, request(budget="3"))
    assert len(measured) == 4 and len(rows(project)) == 3


def test_a_stopped_search_ends_as_one_that_was_not(project, measured):
    stops = iter([False, False, True])

    def heartbeat():
        if next(stops, False):
            raise Cancelled("stopped")

    undisturbed = tune_model(project, request("wmf", "4"))
    trials = rows(project, "wmf")
    first = list(measured)
    measured.clear()
    for path in best_values_path(project, request("wmf")).with_name("tuning").iterdir():
        path.unlink()
    best_values_path(project, request("wmf")).unlink()

    with pytest.raises(Cancelled):
        tune_model(project, request("wmf", "4"), heartbeat=heartbeat)
    stopped = len(measured)
    assert 1 <= stopped <= 3
    assert tune_model(project, request("wmf", "4")) == undisturbed
    assert measured[:stopped] == first[:stopped] and measured[stopped:] == first[stopped - 1 :]
    assert rows(project, "wmf") == trials


def test_a_damaged_file_of_the_values_found_is_made_again_without_new_trials(project, measured):
    found, done = tune_model(project, request()), len(measured)
    best_values_path(project, request()).write_text('{"key": ')
    assert tune_model(project, request()) == found and len(measured) == done


def test_a_changed_space_starts_anew(project, home, measured):
    tune_model(project, request())
    write_spaces(home, {"ease": {"l2": {"low": 1.0, "high": 600.0, "log": True}}})
    changed = Project.open()
    with pytest.raises(RecdagError, match="has not been tuned"):
        plan_training(changed, request())
    tune_model(changed, request())
    assert len(measured) == 6


def test_a_failing_trial_does_not_end_the_search(project, monkeypatch):
    original, calls = experiment.validate_config, []

    def failing(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise TrainingError("the loss is not finite", cure="")
        return original(*arguments)

    monkeypatch.setattr(experiment, "validate_config", failing)
    found = tune_model(project, request())
    states = [(state, quality is None) for _, state, _, quality, *_ in rows(project)]
    assert states == [("complete", False), ("failed", True), ("complete", False)]
    assert found.trials == 3


def test_a_search_in_which_all_fail_says_so(project, monkeypatch):
    def failing(*arguments):
        raise TrainingError("the loss is not finite", cure="")

    monkeypatch.setattr(experiment, "validate_config", failing)
    with pytest.raises(TrainingError, match=r"none of 3 trials .* the last one: the loss is not finite"):
        tune_model(project, request())


def test_a_trial_without_enough_memory_fails_alone(project, monkeypatch):
    original, calls = EASE.fit, []

    def hungry(model, data, options):
        calls.append(model.config)
        return np.empty(2**50) if len(calls) == 2 else original(model, data, options)

    monkeypatch.setattr(EASE, "fit", hungry)
    assert tune_model(project, request()).trials == 3
    assert [state for _, state, *_ in rows(project)] == ["complete", "failed", "complete"]


def test_an_equal_winner_of_a_larger_budget_is_not_trained_again(project, monkeypatch):
    values = {"l2": 321.0}
    for budget, cached in (("2", False), ("5", True)):
        tune_model(project, request(budget=budget))
        path = best_values_path(project, request())
        path.write_text(json.dumps(json.loads(path.read_text()) | {"values": values}))
        outcome = train_model(project, request(budget=budget))
        assert outcome.cached == cached and outcome.metadata["budget"] == f"{budget} trials"
        card = Card.read(project.trained("tiny", "benchmark", "ease"))
        assert card.budget == Budget.parse(budget) and f"best of {budget}" in card.sources["l2"]
    assert not (project.trained("tiny", "benchmark", "ease") / "card.json.partial").exists()


def test_test_users_are_never_ranked(project, monkeypatch):
    ranked, original = [], experiment.evaluate

    def watched(model, held_out, *arguments):
        ranked.append(held_out)
        return original(model, held_out, *arguments)

    monkeypatch.setattr(experiment, "evaluate", watched)
    split = read_splits(project, "tiny", "user_holdout")[0]
    for model in ("ease", "wmf"):
        tune_model(project, request(model, "2"))
    assert ranked and all(each is split.validation for each in ranked)


def test_seconds_are_a_budget_too(project):
    found = tune_model(project, request(budget="0.01s"))
    tried = rows(project)
    assert found.budget == "0.01 s" and found.trials == len(tried) >= 1
    assert tried[0][1] == "complete" and {row[4:] for row in tried} == {(None, 0.01)}


def test_a_trial_below_the_median_is_pruned(tmp_path):
    search = Search(tmp_path / "j", "a", {"x": Range(0.0, 1.0)}, {"x": 0.5}, seed=0)
    epochs = []

    def measure(values, report):
        quality = 1.0 if len(epochs) < 5 else 0.0
        epochs.append(0)
        for epoch in range(1, 11):
            epochs[-1] = epoch
            report("select", epoch, quality)
        return quality, 10

    for _ in range(7):
        search.attempt(measure)
    assert [trial.state for trial in search.trials()] == ["complete"] * 5 + ["pruned"] * 2
    assert epochs[:5] == [10] * 5 and epochs[5] < 10
    assert search.trials()[5].epochs == epochs[5] and search.trials()[5].quality == 0.0


def test_a_search_finds_what_is_better_than_its_start(tmp_path):
    space = {"x": Range(0.001, 1000.0, log=True), "n": Range(1, 64), "widths": Choice(([8], [8, 4]))}
    own = {"x": 1000.0, "n": 64, "widths": [8]}
    search = Search(tmp_path / "j", "a", space, own, seed=0)

    def measure(values, report):
        assert isinstance(values["n"], int) and isinstance(values["widths"], list)
        return -abs(values["n"] - 10) / 64 + len(values["widths"]) - values["x"] / 1000, None

    for _ in range(25):
        search.attempt(measure)
    first, *others = search.trials()
    assert first.values == own
    best = max(others, key=lambda trial: trial.quality)
    assert best.values["widths"] == [8, 4] and best.quality > 1.8
    assert len({json.dumps(trial.values) for trial in search.trials()}) == 25


def test_a_card_of_an_earlier_version_is_taken_as_it_is(project):
    """Its budget was in words, and what was set for the run was told by its source."""
    tune_model(project, request())
    train_model(project, request(overrides={"l2": 7.0}))
    path = project.trained("tiny", "benchmark", "ease") / "card.json"
    now = json.loads(path.read_text())
    before = {name: value for name, value in now.items() if name not in ("origins", "budget")}
    path.write_text(json.dumps(before | {"tuning": "3 trials"}))
    card = Card.read(path.parent)
    assert card.budget == Budget(trials=3) and card.origins == {"l2": "run"}
    asked = request_of(card)
    assert asked.overrides == {"l2": 7.0} and asked.budget == Budget(trials=3)
    path.write_text(json.dumps(before | {"tuning": None}))
    assert Card.read(path.parent).budget is None
