"""What is measured, when it is measured again, and what is kept where it is stopped."""

import json
import shutil
from dataclasses import replace

import pandas as pd
import pytest
import yaml

from recdag.errors import RecdagError
from recdag.evaluation import protocols
from recdag.evaluation.metrics import METRICS, Metric
from recdag.graph import evaluation, evaluation_plan
from recdag.graph.assets import make
from recdag.graph.assets.evaluations import results_current
from recdag.graph.checks import plausible_metrics
from recdag.graph.evaluation import evaluate_paper
from recdag.graph.overview import project_status
from recdag.graph.previews import results_table
from recdag.graph.project import Project
from recdag.graph.shared_splits import read_splits, split_asset
from recdag.graph.snapshot import Snapshot
from recdag.graph.training import train_model
from recdag.graph.training_request import TrainingRequest
from recdag.papers.catalogue import PAPERS
from recdag.recommenders.catalogue import MODELS
from recdag.report.page import build_report
from recdag.report.terminal_tables import result_tables
from recdag.warehouse.lookups import user_keys
from recdag_tests.conftest import TABLES
from recdag_tests.graph.changed_code import change_code

PROTOCOL = PAPERS["mult_vae"].protocol
WMF = MODELS["wmf"].version


def train(project, *models, **options):
    for model in models:
        train_model(project, TrainingRequest("tiny", "mult_vae", model, **options))


def evaluate(project):
    return evaluate_paper(project, "tiny", "mult_vae").metadata


def rows(project, query):
    with project.published.reading() as connection:
        return connection.execute(query).fetchall()


def measured(project, table="metrics"):
    return {model for (model,) in rows(project, f"select distinct model from {table}")}


def status_of(asset):
    (status, *_) = project_status(Snapshot.open(), ["tiny"])
    return next(each for each in status.assets if each.asset == asset)


@pytest.fixture
def project(prepare):
    return prepare(PROTOCOL)


@pytest.fixture
def three(project):
    """Three of the paper's models, trained and measured."""
    train(project, "item_pop", "wmf", "slim")
    evaluate(project)
    return project


def test_what_is_trained_is_measured_and_the_rest_is_not_missing(three):
    for table in ("metrics", "user_metrics", "trainings"):
        assert measured(three, table) == {"item_pop", "wmf", "slim"}
    told = evaluate_paper(three, "tiny", "mult_vae")
    assert told.cached and set(told.metadata["unchanged"]) == {"item_pop", "wmf", "slim"}
    assert set(told.metadata["not_trained"]) == set(PAPERS["mult_vae"].nodes) - {"item_pop", "wmf", "slim"}
    assert plausible_metrics(three, "tiny", "mult_vae").passed
    assert results_current(three, "tiny", "mult_vae").passed
    assert status_of("mult_vae/evaluation").state == "current"
    assert status_of("mult_vae/mult_vae_pr").state == "not made"
    (status, *_) = project_status(Snapshot.open(), ["tiny"])
    assert status.current and not status.of("missing")


def test_tests_between_models_are_adjusted_for_the_models_that_are_there(three):
    found = rows(
        three, "select model_a, model_b, p_value, p_adjusted from significance where metric = 'ndcg@100'"
    )
    assert {name for a, b, *_ in found for name in (a, b)} == {"item_pop", "wmf", "slim"}
    smallest = min(found, key=lambda each: each[2])
    assert smallest[3] == pytest.approx(min(1, 2 * smallest[2]))


def test_a_model_trained_later_makes_the_evaluation_stale_and_is_measured_alone(three):
    before = rows(three, "select model, metric, created_at from metrics")
    train(three, "ease")
    assert status_of("mult_vae/evaluation").state == "stale"
    assert status_of("mult_vae/evaluation").reasons == ("trained, but not measured yet: mult_vae/ease",)
    assert not results_current(three, "tiny", "mult_vae").passed
    assert evaluate(three)["evaluated"] == ["ease"]
    assert set(before) < set(rows(three, "select model, metric, created_at from metrics"))
    assert "ease" in {b for (b,) in rows(three, "select model_b from significance")}
    assert status_of("mult_vae/evaluation").state == "current"


def test_where_nothing_is_trained_the_message_says_how(project):
    with pytest.raises(RecdagError, match=r"no model of mult_vae has been trained .*--models"):
        evaluate(project)


def test_a_model_of_another_split_is_not_measured_on_this_one(three, home):
    train(three, "ease")
    evaluate(three)
    with (home / "data" / "raw" / "tiny" / "events.csv").open("a") as file:
        file.write("u0,i1,buy,1800000000\nu1,i2,buy,1800000000\n")
    fresh = Project.open()
    make(fresh, "tiny", *TABLES, split_asset(PROTOCOL))
    assert "its split changed" in status_of("mult_vae/ease").reasons
    train(fresh, "item_pop", "wmf")
    told = evaluate(fresh)
    assert told["outdated"] == {"slim": "trained on another split", "ease": "trained on another split"}
    for table in ("metrics", "user_metrics", "trainings"):
        assert measured(fresh, table) == {"item_pop", "wmf"}
    assert plausible_metrics(fresh, "tiny", "mult_vae").passed
    train(fresh, "ease")
    assert evaluate(fresh)["evaluated"] == ["ease"]


def test_a_model_that_an_older_version_learned_is_left_away_and_the_rest_is_measured(three, monkeypatch):
    monkeypatch.setitem(MODELS, "wmf", replace(MODELS["wmf"], version="next"))
    train(three, "ease")
    told = evaluate(three)
    assert told["evaluated"] == ["ease"]
    assert told["outdated"] == {"wmf": f"trained by version {WMF} of the model, this is version next"}
    assert measured(three) == measured(three, "user_metrics") == {"item_pop", "slim", "ease"}
    assert status_of("mult_vae/wmf").state == "stale"
    train(three, "wmf")
    assert evaluate(three)["evaluated"] == ["wmf"]


def test_a_model_of_an_older_recipe_is_measured_and_named(three, home):
    path = home / "models" / "recipes" / "mult_vae.yaml"
    recipe = yaml.safe_load(path.read_text())
    recipe["models"]["wmf"]["factors"]["value"] = 6
    path.write_text(yaml.safe_dump(recipe))
    train(three, "ease")
    told = evaluate(three)
    assert told["trained_otherwise"] == {"wmf": "recipe: factors 4 → 6"}
    assert "wmf: recipe: factors 4 → 6" in results_current(Project.open(), "tiny", "mult_vae").explanation


def test_rows_leave_with_the_weights(three):
    shutil.rmtree(three.trained("tiny", "mult_vae", "slim"))
    assert status_of("mult_vae/slim").state == "missing"
    evaluate(three)
    assert measured(three) == measured(three, "user_metrics") == {"item_pop", "wmf"}
    assert status_of("mult_vae/slim").state == "not made"
    assert status_of("mult_vae/evaluation").state == "current"


def change_protocol(monkeypatch, **changes):
    changed = replace(protocols.PROTOCOLS[PROTOCOL], **changes)
    monkeypatch.setitem(protocols.PROTOCOLS, PROTOCOL, changed)


def test_a_metric_that_is_added_to_a_protocol_is_measured(three, monkeypatch):
    change_protocol(monkeypatch, metrics=(*protocols.PROTOCOLS[PROTOCOL].metrics, "mrr"))
    assert status_of("mult_vae/evaluation").state == "stale"
    assert not results_current(three, "tiny", "mult_vae").passed
    verdict = plausible_metrics(three, "tiny", "mult_vae")
    assert not verdict.passed and "wmf has no mrr" in verdict.explanation
    assert set(evaluate(three)["evaluated"]) == {"item_pop", "wmf", "slim"}
    assert len(rows(three, "from metrics where metric = 'mrr'")) == 3
    assert plausible_metrics(three, "tiny", "mult_vae").passed
    assert results_current(three, "tiny", "mult_vae").passed


def test_a_metric_is_added_in_its_module_a_protocol_and_a_paper(three, monkeypatch):
    """Measured, named and ordered as the object says, with nothing else to edit."""
    mean_rank = Metric(
        family="mean_rank",
        word="Mean rank",
        summary="mean rank of held-out items",
        by_user=lambda ranked, _: ranked.sum_by_user(ranked.rank) / ranked.n_targets,
        has_cutoff=False,
        larger_is_better=False,
        high=float("inf"),
    )
    monkeypatch.setitem(METRICS, "mean_rank", mean_rank)
    change_protocol(monkeypatch, metrics=(*protocols.PROTOCOLS[PROTOCOL].metrics, "mean_rank"))
    paper = replace(PAPERS["mult_vae"], metrics=("mean_rank", *PAPERS["mult_vae"].metrics))
    monkeypatch.setitem(PAPERS, "mult_vae", paper)

    assert set(evaluate(three)["evaluated"]) == {"item_pop", "wmf", "slim"}
    values = dict(rows(three, "select model, value from metrics where metric = 'mean_rank'"))
    assert set(values) == {"item_pop", "wmf", "slim"} and min(values.values()) >= 1
    assert plausible_metrics(three, "tiny", "mult_vae").passed
    with three.published.reading() as connection:
        (table,) = result_tables(connection, "tiny", [paper])
    best_first = sorted(values, key=lambda model: values[model])
    assert table.columns[1].header == "Mean rank"
    assert [str(cell) for cell in table.columns[0].cells] == best_first
    page = build_report(three.settings.published, three.settings.report, papers=PAPERS).read_text()
    results = page[page.index("Protocol strong_generalization") :]
    assert '<th scope="col" class="n">Mean rank</th>' in results
    order = [results.index(f'<code class="variant">{model}</code>') for model in best_first]
    assert order == sorted(order)
    assert results_table(three, "tiny", "mult_vae").startswith("| model | Mean rank |")


def test_other_code_of_the_protocol_measures_again(three, monkeypatch):
    change_code(monkeypatch, "recdag.evaluation.protocols.strong_generalization")
    assert set(evaluate(three)["evaluated"]) == {"item_pop", "wmf", "slim"}


def test_other_code_of_a_metric_measures_again(three, monkeypatch):
    change_code(monkeypatch, "recdag.evaluation.metrics")
    assert set(evaluate(three)["evaluated"]) == {"item_pop", "wmf", "slim"}


def test_another_split_measures_again_though_weights_are_the_same(three):
    """The keys of two cards that differ in the version of their split alone."""
    card = json.loads((three.trained("tiny", "mult_vae", "wmf") / "card.json").read_text())
    key = evaluation_plan.measurement_key
    old = evaluation_plan.Card(**card)
    assert key(old, PROTOCOL, "1") != key(replace(old, split_version="another"), PROTOCOL, "1")


@pytest.mark.parametrize(
    ("metric", "value"),
    [("ndcg@100", -0.1), ("ndcg@100", 1.1), ("recall@20", float("nan")), ("ndcg@100", None)],
)
def test_a_value_outside_its_range_is_found(three, metric, value):
    with three.published.update() as connection:
        connection.execute("update metrics set value = ? where model = 'wmf' and metric = ?", [value, metric])
    verdict = plausible_metrics(three, "tiny", "mult_vae")
    assert not verdict.passed and f"wmf {metric}" in verdict.explanation


def test_a_stop_in_the_middle_keeps_what_was_measured(project, monkeypatch):
    train(project, "item_pop", "wmf", "slim")
    whole = evaluation.evaluate_model

    def stopped(opened, card, *arguments):
        if card.model == "item_pop":
            raise KeyboardInterrupt
        return whole(opened, card, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(evaluation, "_ROWS_AT_ONCE", 1)
        patched.setattr(evaluation, "evaluate_model", stopped)
        with pytest.raises(KeyboardInterrupt):
            evaluate(project)
    kept = measured(project)
    assert kept == measured(project, "user_metrics") and kept and "item_pop" not in kept
    assert set(evaluate(project)["evaluated"]) == {"item_pop", "wmf", "slim"} - kept


def test_rows_of_users_take_few_bytes(three):
    with three.warehouse.reading("tiny") as connection:
        users = pd.CategoricalDtype(user_keys(connection))
    plan = evaluation_plan.plan_evaluation(three, "tiny", "mult_vae")
    splits = read_splits(three, "tiny", PROTOCOL) * 40
    result = evaluation.evaluate_model(three, plan.cards["wmf"], splits, users, "")
    assert result.user_metrics.memory_usage(index=False).sum() / len(result.user_metrics) < 20
