"""Studies on the small shop: what is computed, what is kept, what is published."""

import json
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from recdag.errors import Cancelled, RecdagError
from recdag.evaluation.experiment import evaluate
from recdag.evaluation.protocols import PROTOCOLS
from recdag.graph import grid_cells
from recdag.graph.assets import make
from recdag.graph.evaluation import evaluate_paper
from recdag.graph.project import Project
from recdag.graph.shared_splits import read_splits, split_asset
from recdag.graph.study_request import StudyRequest
from recdag.graph.study_runs import run_study
from recdag.graph.training import train_model
from recdag.graph.training_request import TrainingRequest
from recdag.papers.catalogue import PAPERS
from recdag.recommenders.catalogue import MODELS
from recdag.training.options import FitOptions


@pytest.fixture
def project(prepare):
    return prepare("leave_one_out", "holdout_10pct", "strong_generalization")


@pytest.fixture
def fits(monkeypatch):
    """The variants that are trained, in order."""
    trained = []
    fit = grid_cells.fit_folds

    def counted(plan, *arguments, **options):
        trained.append(plan.request.model + str(dict(plan.request.overrides)))
        return fit(plan, *arguments, **options)

    monkeypatch.setattr(grid_cells, "fit_folds", counted)
    return trained


def rows(project, query="from studies"):
    with project.published.reading() as connection:
        return connection.execute(query).df()


def layers(project, **axes):
    return StudyRequest(project, "tiny", "ncf", axes={"layers": [0, 1], "factors": [4], **axes})


def test_a_grid_publishes_one_row_a_cell_and_metric(project, fits):
    assert not run_study(layers(project), "layers").cached
    table = rows(project)
    assert len(fits) == 2 and set(table["series"]) == {"mlp, factors=4"}
    assert sorted(zip(table["x"], table["metric"], strict=True)) == [
        (0.0, "hr@10"), (0.0, "ndcg@10"), (1.0, "hr@10"), (1.0, "ndcg@10"),
    ]  # fmt: skip
    measured = rows(project, "from metrics where users = 'all'")
    assert set(measured["study"]) == {"layers"}
    assert set(measured["variant"]) == {"factors=4,layers=0", "factors=4,layers=1"}
    joined = table.merge(measured.assign(x=measured["variant"].str[-1].astype(float)), on=["x", "metric"])
    assert (joined["value_x"] == joined["value_y"]).all() and len(joined) == 4


def test_what_is_done_is_not_done_again(project, fits):
    run_study(layers(project), "layers")
    assert run_study(layers(project), "layers").cached
    run_study(layers(project, layers=[1, 2]), "layers")
    assert len(fits) == 3
    assert set(rows(project)["x"]) == {1.0, 2.0}


def test_a_cell_that_lacks_a_metric_of_the_study_is_measured_anew(project, fits, monkeypatch):
    run_study(layers(project), "layers")
    rules = PROTOCOLS["leave_one_out"]
    monkeypatch.setitem(PROTOCOLS, "leave_one_out", replace(rules, metrics=(*rules.metrics, "mrr")))
    declared = PAPERS["ncf"].study("layers")
    more = replace(declared, metrics=(*declared.metrics, "mrr"))
    studies = tuple(more if each is declared else each for each in PAPERS["ncf"].studies)
    assert run_study(layers(project), "layers").cached and len(fits) == 2
    monkeypatch.setitem(PAPERS, "ncf", replace(PAPERS["ncf"], studies=studies))
    assert not run_study(layers(project), "layers").cached and len(fits) == 4
    assert set(rows(project)["metric"]) == {*declared.metrics, "mrr"}


def test_a_cell_that_another_run_computes_meanwhile_is_not_computed_again(project, fits, monkeypatch):
    waited = []

    def turn(self, heartbeat):
        if not waited:
            waited.append(1)
            run_study(layers(Project.open()), "layers")
        return nullcontext()

    monkeypatch.setattr(Project, "training_lock", turn)
    run_study(layers(project), "layers")
    assert waited and len(fits) == 2


def test_a_study_that_was_stopped_goes_on_at_its_cell(project, fits):
    def stop(progress):
        if "2 of 2" in progress.phase:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        run_study(replace(layers(project), on_progress=stop), "layers")
    assert rows(project).empty
    run_study(layers(project), "layers")
    assert len(fits) == 3, "the first cell was kept"


def test_the_papers_own_model_is_taken_where_a_cell_is_no_different(project, fits):
    train_model(project, TrainingRequest("tiny", "ncf", "gmf"))
    train_model(project, TrainingRequest("tiny", "ncf", "bpr"))
    run_study(StudyRequest(project, "tiny", "ncf", axes={"factors": [4]}), "factors")
    assert not any(each.startswith(("gmf", "bpr")) for each in fits)
    assert any(each.startswith("eals") for each in fits)


def test_a_linked_hyperparameter_follows_its_axis(project):
    request = StudyRequest(project, "tiny", "cf_nade", axes={"alpha": [2.0, 20.0]})
    planned = PAPERS["cf_nade"].study("alpha").cells(request)
    wmf = [cell.overrides for cell in planned if cell.model == "wmf"]
    assert wmf == [{"alpha": 2.0, "l2": 3.0}, {"alpha": 20.0, "l2": 30.0}]


def test_histograms_are_shares_of_all_positives(project):
    run_study(StudyRequest(project, "tiny", "cf_nade"), "counts")
    table = rows(project)
    assert table.groupby("x_name")["value"].sum().to_numpy() == pytest.approx([1.0, 1.0])
    with project.warehouse.reading("tiny") as connection:
        ones = connection.execute("select avg((strength = 1)::int) from binarized").fetchone()[0]
    counts = table[table["x_name"] == "count"]
    assert counts.loc[counts["x"] == 1.0, "value"].iloc[0] == pytest.approx(ones)


def test_a_table_of_the_paper_needs_its_models_evaluated(project):
    with pytest.raises(RecdagError, match="not evaluated yet on 'tiny'"):
        run_study(StudyRequest(project, "tiny", "multi_feedback"), "comparison")


@pytest.fixture
def evaluated(project):
    for model in PAPERS["ncf"].nodes:
        train_model(project, TrainingRequest("tiny", "ncf", model))
    evaluate_paper(project, "tiny", "ncf")
    return project


def test_the_list_of_ten_is_as_the_evaluation_says_and_grows_with_its_length(evaluated):
    run_study(StudyRequest(evaluated, "tiny", "ncf"), "top_k")
    table = rows(evaluated)
    wide = table[table["metric"] == "hr"].pivot(index="x", columns="series", values="value")
    assert (wide.diff().dropna() >= 0).all(axis=None)
    known = rows(
        evaluated, "select model, value from metrics where metric = 'hr@10' and users = 'all'"
    ).set_index("model")
    assert wide.loc[10.0].to_numpy() == pytest.approx(known.loc[wide.columns, "value"].to_numpy())


def test_groups_by_activity_and_their_paired_tests(project):
    for model in PAPERS["mult_vae"].nodes:
        train_model(project, TrainingRequest("tiny", "mult_vae", model))
    evaluate_paper(project, "tiny", "mult_vae")
    run_study(StudyRequest(project, "tiny", "mult_vae"), "activity")
    table = rows(project)
    sizes = table[table["metric"] == "items a user"].sort_values("x")["value"].to_numpy()
    assert (np.diff(sizes) >= 0).all()
    users = rows(project, "from user_metrics where paper = 'mult_vae' and metric = 'ndcg@100'")
    wide = users.pivot(index="user_key", columns="model", values="value")
    assert set(table["kind"]) == {"by_activity"}
    leads = table[(table["beside"] == "wmf") & (table["statistic"] == "difference")]
    assert set(leads["series"]) == {"mult_vae_pr"} and set(leads["metric"]) == {"ndcg@100"}
    share = len(wide) // 5
    if len(wide) == 5 * share:
        mean = (wide["mult_vae_pr"] - wide["wmf"]).mean()
        assert leads["value"].mean() == pytest.approx(mean, abs=1e-6)
    p_values = table[table["statistic"] == "p_value"]["value"].dropna()
    assert ((p_values >= 0) & (p_values <= 1)).all()


def test_curves_are_those_of_the_last_choosing_phase(project):
    run_study(StudyRequest(project, "tiny", "ncf"), "epochs")
    table = rows(project)
    assert set(table["x_name"]) == {"epoch"}
    assert set(zip(table["metric"], table["statistic"], strict=True)) == {
        ("loss", "mean"), ("ndcg@10", "on validation"),
    }  # fmt: skip
    assert (table.groupby(["series", "metric"])["x"].nunique() == 2).all()
    (kept, *_) = (project.trained("tiny", "ncf", "studies")).glob("gmf-*.json")
    history = pd.DataFrame(json.loads(kept.read_text())["history"][0])
    chosen = history[(history["phase"] == "select") & (history["name"] == "loss")]
    shown = table[(table["series"] == "gmf, factors=8") & (table["metric"] == "loss")]
    assert shown["value"].to_list() == chosen["value"].to_list()


@pytest.fixture
def two_of_the_benchmark(project, monkeypatch):
    """Publishes what gmf and wmf reach, gmf with a hyperparameter of its own."""
    few = replace(PAPERS["benchmark"], models=("gmf", "wmf"), references=(), lead="")
    monkeypatch.setitem(PAPERS, "benchmark", few)
    make(project, "tiny", split_asset("user_holdout"))
    train_model(project, TrainingRequest("tiny", "benchmark", "gmf", overrides={"factors": 3}))
    train_model(project, TrainingRequest("tiny", "benchmark", "wmf"))
    evaluate_paper(project, "tiny", "benchmark")
    return project


def of_seeds(project, *seeds):
    return StudyRequest(project, "tiny", "benchmark", axes={"models": ["gmf", "wmf"], "seeds": list(seeds)})


def test_seeds_deviate_around_the_mean_of_the_evaluated_one_and_the_others(two_of_the_benchmark, fits):
    run_study(of_seeds(two_of_the_benchmark, 1, 2), "seeds")
    assert len(fits) == 4 and "'factors': 3" in fits[0], "as the evaluated model was trained"
    table = rows(two_of_the_benchmark).set_index(["series", "metric", "statistic"])
    single = rows(two_of_the_benchmark, "select model, seed, metric, value, std_err, study from metrics")
    assert {("gmf", 0, None), ("gmf", 1, "seeds"), ("gmf", 2, "seeds")} <= {
        (each.model, each.seed, each.study if isinstance(each.study, str) else None)
        for each in single.itertuples()
    }
    for model in ("gmf", "wmf"):
        of_model = single[(single["model"] == model) & (single["metric"] == "ndcg@20")]
        assert len(of_model) == 3 and of_model["value"].nunique() == 3
        mean, deviation = (table.loc[(model, "ndcg@20", each)] for each in ("mean", "seed deviation"))
        assert mean["value"] == pytest.approx(of_model["value"].mean())
        assert mean["std_err"] == pytest.approx(of_model["std_err"].mean())
        assert deviation["value"] == pytest.approx(np.std(of_model["value"], ddof=1))
    run_study(of_seeds(two_of_the_benchmark, 1, 2, 3), "seeds")
    assert len(fits) == 6, "only the new seed is trained"
    assert run_study(of_seeds(two_of_the_benchmark, 1, 2, 3), "seeds").cached


def test_without_names_seeds_are_those_of_the_evaluated_models(two_of_the_benchmark, fits):
    request = StudyRequest(two_of_the_benchmark, "tiny", "benchmark", axes={"seeds": [1]})
    told = run_study(request, "seeds").metadata
    assert [each.partition("{")[0] for each in fits] == ["wmf", "gmf"]
    assert "bpr" in told["not_evaluated"] and "wmf" not in told["not_evaluated"]
    with pytest.raises(RecdagError, match=r"not evaluated yet on .*: bpr. .*--models bpr"):
        run_study(replace(request, axes={"models": ["wmf", "bpr"], "seeds": [1]}), "seeds")


def test_what_is_evaluated_is_shown_and_the_rest_is_named(two_of_the_benchmark):
    request = StudyRequest(two_of_the_benchmark, "tiny", "benchmark")
    told = run_study(request, "popularity").metadata
    shown = rows(two_of_the_benchmark, "from studies where study = 'popularity'")["series"]
    assert set(shown) == {"wmf", "items"}
    assert told["not_evaluated"] == ["ease", "mult_vae_pr", "neumf_pretrain", "item_knn", "item_pop"]
    train_model(two_of_the_benchmark, TrainingRequest("tiny", "benchmark", "item_pop"))
    few = PAPERS["benchmark"]
    PAPERS["benchmark"] = replace(few, models=(*few.models, "item_pop"))
    evaluate_paper(two_of_the_benchmark, "tiny", "benchmark")
    assert not run_study(request, "popularity").cached
    shown = rows(two_of_the_benchmark, "from studies where study = 'popularity'")["series"]
    assert set(shown) == {"wmf", "item_pop", "items"}


def test_one_seed_has_no_deviation(two_of_the_benchmark):
    with pytest.raises(RecdagError, match="was evaluated with seed 0, and there is no other"):
        run_study(of_seeds(two_of_the_benchmark, 0), "seeds")


def test_defaults_are_judged_on_validation_beside_popularity_and_ease(project, fits, monkeypatch):
    few = replace(
        PAPERS["benchmark"], models=("item_pop", "wmf", "ease"), proposed=(), references=(), lead=""
    )
    study = replace(few.study("defaults"), models=few.models)
    monkeypatch.setitem(PAPERS, "benchmark", replace(few, studies=(study,)))
    make(project, "tiny", split_asset("user_holdout"))
    for model in few.models:
        train_model(project, TrainingRequest("tiny", "benchmark", model))
    evaluate_paper(project, "tiny", "benchmark")
    request = StudyRequest(project, "tiny", "benchmark")
    run_study(request, "defaults")

    assert not fits and run_study(request, "defaults").cached
    table = rows(project)
    assert set(table["metric"]) == {"ndcg@20"}
    table = table.fillna({"beside": ""}).set_index(["series", "statistic", "beside"])["value"]
    history = json.loads((project.trained("tiny", "benchmark", "wmf") / "history.json").read_text())[0]
    validated = [row["value"] for row in history if row["name"] == "validation"]
    wmf, popularity = (table[model, "on validation", ""] for model in ("wmf", "item_pop"))
    assert wmf == max(validated)
    (split,) = read_splits(project, "tiny", "user_holdout")
    model = MODELS["item_pop"].create(MODELS["item_pop"].config(), torch.device("cpu"))
    model.fit(split.train, FitOptions())
    assert popularity == evaluate(model, split.validation, ["ndcg@20"]).aggregates["ndcg@20"]
    assert table["wmf", "ratio", "item_pop"] == wmf / popularity
    assert set(table["wmf"].index) == {("on validation", ""), ("ratio", "item_pop"), ("ratio", "ease")}
