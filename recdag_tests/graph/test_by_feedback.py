"""Users whose held-out item they met in supportive feedback, apart in results and in a study."""

from dataclasses import replace
from itertools import product

import pytest

from recdag.evaluation.metrics import ALL_USERS, USER_GROUPS
from recdag.graph.checks import plausible_metrics
from recdag.graph.evaluation import evaluate_paper
from recdag.graph.evaluation_plan import evaluation_version
from recdag.graph.study_request import StudyRequest
from recdag.graph.study_runs import run_study
from recdag.graph.training import train_model
from recdag.graph.training_request import TrainingRequest
from recdag.papers.catalogue import PAPERS
from recdag.papers.multi_feedback import METRICS

PAPER = "multi_feedback"
N_USERS, N_WITHOUT_CLICKS = 60, 20


@pytest.fixture
def project(home, prepare):
    """A third of the users bought without a click; the others clicked all that they bought."""
    events = home / "data" / "raw" / "tiny" / "events.csv"
    kept = []
    for line in events.read_text().splitlines():
        user, _, action, _ = line.split(",")
        if action != "click" or int(user[1:]) % 3:
            kept.append(line)
    events.write_text("\n".join(kept) + "\n")
    return prepare("leave_one_out")


def rows_of(project, table, columns):
    with project.published.reading() as connection:
        return connection.execute(f"select {columns} from {table} order by all").fetchall()


def test_results_hold_the_metrics_of_either_group(project, monkeypatch):
    short = replace(PAPERS[PAPER], models=("mf_mmlp", "mf"))
    monkeypatch.setitem(PAPERS, PAPER, short)
    for model in short.nodes:
        train_model(project, TrainingRequest("tiny", PAPER, model))
    evaluate_paper(project, "tiny", PAPER)
    found = {}
    for model, *row in rows_of(
        project, "metrics", "model, metric, users, value, std_err, ci_low, ci_high, n_users"
    ):
        found.setdefault(model, {})[tuple(row[:2])] = row[2:]
    assert set(found) == {"mf_mmlp", "mf", "item_pop", "met"}
    for metrics in found.values():
        assert set(metrics) == set(product(METRICS, (ALL_USERS, *USER_GROUPS)))
        for name in METRICS:
            every, seen, unseen = (metrics[name, users] for users in ("all", "seen", "unseen"))
            assert [row[-1] for row in (every, seen, unseen)] == [
                N_USERS, N_USERS - N_WITHOUT_CLICKS, N_WITHOUT_CLICKS,
            ]  # fmt: skip
            assert (40 * seen[0] + 20 * unseen[0]) / 60 == pytest.approx(every[0])
            assert all(row[2] <= row[0] <= row[3] for row in (seen, unseen))
    assert plausible_metrics(project, "tiny", PAPER).passed
    assert {metric for (metric,) in rows_of(project, "user_metrics", "distinct metric")} == set(METRICS)
    assert {metric for (metric,) in rows_of(project, "significance", "distinct metric")} == set(METRICS)
    assert evaluate_paper(project, "tiny", PAPER).cached


def test_the_study_of_samplers_tells_the_groups_apart_and_keeps_its_cells(project, monkeypatch):
    axes = {"sampler": ["supportive", "uniform"]}
    request = StudyRequest(project, "tiny", PAPER, axes)
    assert not run_study(request, "samplers").cached
    rows = rows_of(project, "studies", "series, metric, users, value")
    series = {name for name, *_ in rows}
    assert {"mf_mmlp, sampler=supportive", "mfpr, sampler=uniform"} <= series and len(series) == 8
    assert {row[1:3] for row in rows} == set(product(METRICS, (ALL_USERS, *USER_GROUPS)))
    assert len(rows) == 8 * 6
    assert run_study(request, "samplers").cached

    monkeypatch.setattr("recdag.graph.grid_cells.fit_folds", None)
    one = StudyRequest(project, "tiny", PAPER, {"sampler": ["uniform"]})
    assert not run_study(one, "samplers").cached
    uniform = [row for row in rows if "uniform" in row[0]]
    assert rows_of(project, "studies", "series, metric, users, value") == uniform


def test_only_measurements_in_groups_have_another_version(project):
    def version(dataset, protocol):
        return evaluation_version(project, dataset, protocol)

    assert version("tiny", "leave_one_out") == version("demo", "leave_one_out")
    assert version("tiny", "five_fold_cv") == version("tiny", "user_holdout")
    assert version("tiny", "five_fold_cv") != version("tiny", "leave_one_out")
    assert version("ml-1m", "leave_one_out") == version("ml-1m", "five_fold_cv")


def test_the_study_of_candidates_shows_both_readings_of_not_interacted(home, prepare, monkeypatch):
    clicked = [f"u{u},i{(u + 7 * n) % 40},click,18000000{n:02d}\n" for u in range(N_USERS) for n in range(20)]
    with (home / "data" / "raw" / "tiny" / "events.csv").open("a") as file:
        file.writelines(clicked * 2)
    project = prepare("leave_one_out")
    models = ("mf", "item_pop", "met")
    study = replace(PAPERS[PAPER].study("candidates"), models=models)
    short = replace(PAPERS[PAPER], models=("mf",), proposed=("mf",), studies=(study,))
    monkeypatch.setitem(PAPERS, PAPER, short)
    for model in models:
        train_model(project, TrainingRequest("tiny", PAPER, model))
    evaluate_paper(project, "tiny", PAPER)
    request = StudyRequest(project, "tiny", PAPER)
    assert not run_study(request, "candidates").cached and run_study(request, "candidates").cached
    rows = rows_of(project, "studies", "x, series, metric, value")
    untouched, touched = sorted({x for x, *_ in rows})
    assert untouched == 0 < touched
    assert {(series, metric) for _, series, metric, _ in rows} == {(m, n) for m in models for n in METRICS}
    values = {(x, series): value for x, series, metric, value in rows if metric == "ndcg@10"}
    published = dict(
        rows_of(
            project,
            "metrics",
            "if(metric = 'ndcg@10' and users = 'all' and study is null, model, null), value",
        )
    )
    assert all(values[untouched, model] == pytest.approx(published[model]) for model in models)
    assert values[touched, "met"] < values[untouched, "met"]
