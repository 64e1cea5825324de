"""The worked queries of docs/queries.md against results of the small shop."""

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from recdag.graph.evaluation import evaluate_paper
from recdag.graph.published_lists import publish_recommendations
from recdag.graph.training import train_model
from recdag.graph.training_request import TrainingRequest
from recdag.papers.catalogue import PAPERS
from recdag.warehouse.published import replace_rows

PAGE = (Path(__file__).parents[1] / "docs" / "queries.md").read_text()
QUERIES = re.findall(r"\n\n([^\n]+\?)\n\n```sql\n(.*?)```\n\nGives ([^:]*):", PAGE, re.DOTALL)
MODELS = ("item_pop", "ease", "wmf")
CLAIM = {
    "paper": "ncf", "source": "Figure 4", "dataset": "tiny", "model": "gmf", "variant": "factors=8",
    "metric": "hr@10", "published": 0.7, "reproduced": 0.69, "difference": -0.01, "tolerance": 0.02,
    "verdict": "reproduced",
}  # fmt: skip


def study_rows():
    """Points of a study by activity, and of a sweep."""
    rows = [
        ("benchmark", "activity", "by_activity", "group by activity", x, series, metric, value)
        for x in (1.0, 2.0)
        for series, metric, value in [
            ("item_pop", "ndcg@20", 0.1), ("ease", "ndcg@20", 0.1 + x / 10), ("users", "items a user", 4 * x),
        ]
    ]  # fmt: skip
    rows += [("ncf", "layers", "grid", "layers", x, "mlp", "hr@10", x / 10) for x in (0.0, 1.0)]
    names = ["paper", "study", "kind", "x_name", "x", "series", "metric", "value"]
    return pd.DataFrame(rows, columns=names).assign(dataset="tiny", statistic="mean", std_err=0.01)


@pytest.fixture
def connection(prepare, monkeypatch):
    """A published file with three models of the benchmark, their lists, a claim and two studies."""
    few = replace(PAPERS["benchmark"], models=MODELS, references=(), studies=())
    monkeypatch.setitem(PAPERS, "benchmark", few)
    project = prepare(few.protocol)
    for model in MODELS:
        train_model(project, TrainingRequest("tiny", "benchmark", model))
    evaluate_paper(project, "tiny", "benchmark")
    publish_recommendations(project, "tiny")
    with project.published.update() as writing:
        replace_rows(writing, "claims", pd.DataFrame([CLAIM]), paper="ncf")
        replace_rows(writing, "studies", study_rows(), dataset="tiny")
    with project.published.reading() as reading:
        yield reading


def answer(connection, number):
    return connection.execute(QUERIES[number][1].replace("'demo'", "'tiny'")).df()


def place(question):
    """The number of the query whose question has these words."""
    (found,) = [number for number, (asked, _, _) in enumerate(QUERIES) if question in asked]
    return found


def test_every_query_has_a_question_before_and_its_columns_after():
    assert len(QUERIES) == PAGE.count("```sql") >= 10


def test_every_query_gives_rows_with_the_columns_it_names(connection):
    for number, (question, _, named) in enumerate(QUERIES):
        rows = answer(connection, number)
        assert list(rows.columns) == re.findall("`([^`]+)`", named), question
        assert len(rows), question


def test_answers_that_can_be_told_from_the_metrics_alone(connection):
    metrics = connection.execute("select model, value from metrics where metric = 'ndcg@20'").df()
    ranked = metrics.sort_values("value", ascending=False)["model"].to_list()
    assert answer(connection, place("best on each data set"))["best"].to_list() == ranked[:1]
    assert answer(connection, place("models of one data set compare"))["model"].to_list() == ranked
    assert answer(connection, place("not significantly worse"))["model"].iloc[0] == ranked[0]
    worth = answer(connection, place("quality cost")).set_index("model")["worth_its_time"]
    assert worth[ranked[0]]
    gains = answer(connection, place("better than the simplest")).set_index("model")["mean_gain"]
    values = metrics.set_index("model")["value"]
    for model in ("ease", "wmf"):
        assert gains[model] == pytest.approx(values[model] - values["item_pop"], abs=1e-6)
    by_activity = answer(connection, place("active users"))
    of_ease = by_activity[by_activity["model"] == "ease"]
    assert of_ease["gain"].to_list() == pytest.approx([0.1, 0.2])
    hardest = answer(connection, place("no model serve"))["best_of_all_models"]
    assert len(hardest) == 20 and hardest.is_monotonic_increasing
