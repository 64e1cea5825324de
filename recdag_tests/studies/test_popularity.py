"""What is found by item popularity, against counting it pair by pair."""

import json

import numpy as np
import pandas as pd
import pytest

from recdag.graph.evaluation import evaluate_paper
from recdag.graph.model_folder import Card
from recdag.graph.shared_splits import read_splits
from recdag.graph.study_request import StudyRequest
from recdag.graph.training import train_model
from recdag.graph.training_request import TrainingRequest
from recdag.papers.catalogue import PAPERS
from recdag.studies.popularity import ByPopularity, popularity_groups, share_found


def test_groups_are_of_whole_items_and_about_as_large():
    generator = np.random.default_rng(0)
    popularity = generator.integers(0, 50, 300)
    items = generator.integers(0, 300, 4000)
    group = popularity_groups(items, popularity, 5)
    assert (np.abs(np.bincount(group)[1:] - 800) < 40).all()
    assert pd.Series(group).groupby(items).nunique().max() == 1
    ranges = pd.Series(popularity[items]).groupby(group).agg(["min", "max"])
    assert (ranges["min"].to_numpy()[1:] >= ranges["max"].to_numpy()[:-1]).all()


def test_an_item_with_most_pairs_leaves_groups_empty():
    group = popularity_groups(np.array([0, 1, 1, 1, 1, 1, 1, 1, 1, 2]), np.array([1, 2, 3]), 5)
    assert group.tolist() == [1] + [3] * 8 + [5]
    assert popularity_groups(np.array([], dtype=int), np.array([1, 2]), 5).size == 0


def test_the_error_is_that_of_a_mean_where_every_user_has_one_pair():
    found = np.array([1, 0, 0, 1, 1], bool)
    share, error = share_found(pd.Series(range(5)), found)
    assert share == 0.6 and error == pytest.approx(np.sqrt(0.6 * 0.4 / 5))
    _, together = share_found(pd.Series([0] * 5), found)
    assert together == pytest.approx(0.0)


@pytest.fixture
def evaluated(prepare):
    project = prepare("holdout_10pct")
    for model in PAPERS["cf_nade"].nodes:
        train_model(project, TrainingRequest("tiny", "cf_nade", model))
    evaluate_paper(project, "tiny", "cf_nade")
    return project


def test_shares_are_those_of_a_count_over_pairs(evaluated):
    study = ByPopularity(id="p", title="p", models=("item_pop",), cutoff=5, groups=3)
    rows = study.plan(StudyRequest(evaluated, "tiny", "cf_nade")).compute().rows
    (split,) = read_splits(evaluated, "tiny", "holdout_10pct")
    counts = (split.train_and_validation or split.train).positives.toarray().sum(axis=0)
    history, target = split.test.history.toarray(), split.test.target.toarray()
    hits, popularity, items = [], [], []
    for user in range(len(split.test)):
        open_items = np.flatnonzero(history[user] == 0)
        for item in np.flatnonzero(target[user]):
            others = counts[open_items]
            rank = 1 + (others > counts[item]).sum() + ((others == counts[item]).sum() - 1) / 2
            hits.append(rank <= 5)
            popularity.append(counts[item])
            items.append(item)
    group = popularity_groups(np.array(items), counts, 3)
    expected = pd.Series(hits).groupby(group).mean()
    found = rows[rows["metric"] == "found@5"].set_index("x")["value"]
    assert found.to_dict() == pytest.approx({float(k): v for k, v in expected.items()})
    means = rows[rows["series"] == "items"].set_index("x")["value"]
    assert means.to_dict() == pytest.approx(pd.Series(popularity).groupby(group).mean().to_dict())


def test_recipes_and_trainings_are_published_once(evaluated):
    with evaluated.published.reading() as connection:
        recipes = connection.execute("from recipes").df()
        trainings = connection.execute("from trainings").df().set_index("model")
    assert set(trainings.index) == set(PAPERS["cf_nade"].nodes)
    card = Card.read(evaluated.trained("tiny", "cf_nade", "wmf"))
    mine = recipes[recipes["model"] == "wmf"]
    values = {
        name: json.loads(value) for name, value in zip(mine["hyperparameter"], mine["value"], strict=True)
    }
    assert values == card.config
    assert dict(zip(mine["hyperparameter"], mine["source"], strict=True)) == card.sources
    (split,) = read_splits(evaluated, "tiny", "holdout_10pct")
    row = trainings.loc["wmf"]
    assert row["test_interactions"] == split.test.target.nnz and row["test_users"] == len(split.test)
    assert row["train_interactions"] == (split.train_and_validation or split.train).positives.nnz
    assert json.loads(row["environment"]).keys() >= {"python", "torch", "numpy", "duckdb", "cpus"}
    assert evaluate_paper(evaluated, "tiny", "cf_nade").cached
