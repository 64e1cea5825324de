"""What a data set lacks, said without doing it, and beside what a run then does."""

import json
import shutil

import pytest
import yaml

from recdag.graph import claim_rows
from recdag.graph.assets import make
from recdag.graph.assets.evaluations import results_current
from recdag.graph.claim_rows import compare_with_papers, write_report
from recdag.graph.evaluation import evaluate_paper
from recdag.graph.overview import project_status
from recdag.graph.project import Project
from recdag.graph.snapshot import Snapshot
from recdag.graph.training import train_model
from recdag.graph.training_request import TrainingRequest
from recdag.papers.catalogue import PAPERS
from recdag.papers.claims import load_anchors
from recdag.report import templates

PAPER = PAPERS["cf_nade"]
MODELS = [f"cf_nade/{model}" for model in PAPER.nodes]
TABLES = ["events", "interactions", "binarized", "relative_rating", f"splits/{PAPER.protocol}"]


def run(**request):
    """Everything of one paper but its studies; gives what was computed."""
    project = Project.open()
    steps = {name: lambda name=name: make(project, "tiny", name)[0] for name in ["raw_files", *TABLES]}
    for model in PAPER.nodes:
        training = TrainingRequest("tiny", PAPER.id, model, **request)
        steps[f"cf_nade/{model}"] = lambda training=training: train_model(project, training)
    steps["cf_nade/evaluation"] = lambda: evaluate_paper(project, "tiny", PAPER.id)
    steps["comparison"] = lambda: compare_with_papers(project)
    steps["report"] = lambda: write_report(project)
    return {name for name, step in steps.items() if not step().cached}


@pytest.fixture
def made(home, made_once, monkeypatch):
    """A home in which the paper has been run; the report's page is an empty one."""
    monkeypatch.setattr(claim_rows, "build_report", lambda published, page, **_: page.write_text(""))
    monkeypatch.setattr(claim_rows, "write_records", lambda *_, **__: None)
    (home / "data" / "reports").mkdir()
    made_once("steps of cf_nade", home, run)
    return home


def look():
    """Asset -> status, of the paper that was run and of what all data sets share."""
    ours = {"raw_files", *TABLES, *MODELS, "cf_nade/evaluation", "comparison", "report"}
    statuses = [each for status in project_status(Snapshot.open()) for each in status.assets]
    return {each.asset: each for each in statuses if each.asset in ours}


def states():
    return {name: each.state for name, each in look().items()}


def set_recipe(home, model, name, value):
    path = home / "models" / "recipes" / "cf_nade.yaml"
    recipe = yaml.safe_load(path.read_text())
    recipe["models"][model][name]["value"] = value
    path.write_text(yaml.safe_dump(recipe))


def test_where_nothing_was_made_nothing_is_written(home):
    before = sorted(home.rglob("*"))
    found = project_status(Snapshot.open())
    assert {each.dataset for each in found} == {"demo", "tiny"}
    assert not any(each.made for each in found)
    assert sorted(home.rglob("*")) == before


def test_after_a_run_what_was_run_is_current_and_nobody_waits_for_the_rest(made):
    found = {each.dataset: each for each in project_status(Snapshot.open())}
    of = {each.asset: each.state for each in found["tiny"].assets}
    assert {of[name] for name in [*TABLES, *MODELS, "cf_nade/evaluation"]} == {"current"}
    assert of["ncf/gmf"] == of["ncf/evaluation"] == of["recommendations"] == "not made"
    assert "cf_nade/alpha" not in of  # trains many models: nobody has asked for it
    assert not found["demo"].made


def test_looking_writes_nothing(made):
    def files():
        return {path: path.stat().st_mtime_ns for path in made.rglob("*") if path.suffix != ".lock"}

    (made / "data" / "checksums.json").unlink()
    before = files()
    project_status(Snapshot.open())
    after = files()
    assert {path for path in after if path.is_file()} == {path for path in before if path.is_file()}
    assert all(after[path] == changed for path, changed in before.items() if path.is_file())


def test_a_changed_recipe_is_named_and_is_what_a_run_computes(made):
    set_recipe(made, "wmf", "factors", 6)
    found = look()
    assert found["cf_nade/wmf"].state == "stale"
    assert found["cf_nade/wmf"].reasons == ("recipe: factors 4 → 6",)
    assert found["cf_nade/evaluation"].reasons == ("after cf_nade/wmf",)
    due = {name for name, each in found.items() if each.state != "current"}
    assert due == {"cf_nade/wmf", "cf_nade/evaluation", "comparison", "report"} == run()
    assert not {name for name in look() if look()[name].state not in ("current", "follows")}


def test_a_changed_raw_file_goes_down_the_graph_in_words(made):
    with (made / "data" / "raw" / "tiny" / "events.csv").open("a") as file:
        file.write("u0,i1,buy,1800000000\n")
    found = look()
    assert found["events"].state == "stale" and found["events"].reasons == ("the raw files changed",)
    followers = {"interactions", "binarized", "relative_rating", *MODELS, "cf_nade/evaluation"}
    assert {found[name].state for name in followers} == {"follows"}
    assert {"events", "interactions", *MODELS, "cf_nade/evaluation"} <= run()


def test_a_raw_file_that_was_only_touched_is_not_stale(made):
    (made / "data" / "raw" / "tiny" / "events.csv").touch()
    assert states()["events"] == "current"


def test_a_changed_entry_names_the_setting(made):
    path = made / "data" / "added" / "tiny.yaml"
    entry = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump({**entry, "min_user_interactions": 2}))
    assert look()["events"].reasons == ("the catalogue entry changed",)
    assert look()["interactions"].reasons == ("min_user_interactions 1 → 2",)


def test_what_was_set_for_one_run_is_not_what_a_plain_run_makes(made):
    train_model(Project.open(), TrainingRequest("tiny", PAPER.id, "wmf", {"factors": 7}, seed=3))
    assert look()["cf_nade/wmf"].reasons == (
        "factors was 7 for one run, the recipe says 4",
        "seed 3 → 0",
    )
    assert states()["cf_nade/evaluation"] == "stale"


def test_another_code_version_is_stale(made):
    path = made / "models" / "trained" / "tiny" / "cf_nade" / "wmf" / "card.json"
    card = json.loads(path.read_text())
    path.write_text(json.dumps({**card, "code_version": "0", "key": "of then"}))
    assert [each for each in look()["cf_nade/wmf"].reasons if "code version 0 → " in each]


def test_a_damaged_card_is_the_problem_of_its_data_set_alone(made):
    path = made / "models" / "trained" / "tiny" / "cf_nade" / "wmf" / "card.json"
    path.write_text("{")
    (tiny,) = project_status(Snapshot.open(), ["tiny"])[:1]
    assert str(path) in tiny.problem and "run again" in tiny.problem
    assert str(path) in results_current(Project.open(), "tiny", "cf_nade").explanation


def test_the_report_follows_the_independent_results_it_shows(made, monkeypatch):
    monkeypatch.setattr(claim_rows, "load_anchors", lambda: load_anchors().head(1))
    assert states()["report"] == "stale"


@pytest.mark.parametrize("file", ["page.css", "record.md.j2"])
def test_the_report_follows_its_templates(made, tmp_path, monkeypatch, file):
    copy = shutil.copytree(templates.HERE, tmp_path / "templates")
    monkeypatch.setattr(templates, "HERE", copy)
    assert states()["report"] == "current"
    (copy / file).write_text("changed")
    assert states()["report"] == "stale"


def test_a_missing_model_is_missing_and_its_evaluation_follows(made):
    shutil.rmtree(made / "models" / "trained" / "tiny" / "cf_nade" / "wmf")
    found = look()
    assert found["cf_nade/wmf"].state == "missing"
    assert found["cf_nade/evaluation"].reasons == ("after cf_nade/wmf",)


def test_a_failure_is_told_where_it_is_not_made_up_for(made):
    set_recipe(made, "wmf", "factors", 6)
    status = next(each for each in project_status(Snapshot.open(), ["tiny"]) if each.dataset)
    told = status.with_failures({"cf_nade/wmf": "out of memory", "events": "long ago"})
    assert [each.asset for each in told.of("failed")] == ["cf_nade/wmf"]
    assert told.of("failed")[0].reasons == ("out of memory", "recipe: factors 4 → 6")


def test_a_recipe_that_cannot_be_read_is_told(made):
    set_recipe(made, "wmf", "factors", "many")
    status = next(each for each in project_status(Snapshot.open(), ["tiny"]) if each.dataset)
    assert "many" in status.problem and "cf_nade.yaml" in status.problem


def test_results_of_values_set_for_a_run_are_current_though_a_plain_run_would_replace_them(made):
    project = Project.open()
    train_model(project, TrainingRequest("tiny", "cf_nade", "wmf", {"factors": 5}, seed=1))
    evaluate_paper(project, "tiny", "cf_nade")
    assert look()["cf_nade/wmf"].state == "stale"
    assert results_current(Project.open(), "tiny", "cf_nade").passed
    set_recipe(made, "wmf", "factors", 6)
    assert results_current(Project.open(), "tiny", "cf_nade").passed
    set_recipe(made, "wmf", "epochs", 3)
    assert "epochs 2 → 3" in results_current(Project.open(), "tiny", "cf_nade").explanation


def test_results_are_current_until_something_that_they_hang_on_changes(made):
    assert results_current(Project.open(), "tiny", "cf_nade").passed
    set_recipe(made, "wmf", "factors", 6)
    verdict = results_current(Project.open(), "tiny", "cf_nade")
    assert not verdict.passed and "cf_nade/wmf: recipe: factors 4 → 6" in verdict.explanation
