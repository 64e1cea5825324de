"""`import recdag` in a notebook; docs/library.md is run as it stands."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import recdag
from recdag.errors import ConfigError, DataError, NotMade
from recdag.graph.shared_splits import read_splits
from recdag.papers.catalogue import PAPERS
from recdag_tests.conftest import tiny_events
from recdag_tests.pages import blocks

PAGE = Path(__file__).parents[1] / "docs" / "library.md"


def files_of(folder):
    return {path for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def events(tmp_path):
    path = tmp_path / "shop.csv"
    path.write_text(tiny_events())
    return path


def test_the_package_loads_nothing_until_it_is_asked():
    question = (
        "import sys, recdag; print({'torch', 'pandas', 'dagster'} & set(sys.modules), recdag.load.__name__)"
    )
    question += "; print('dagster' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=True)
    assert answer.stdout.split("\n")[:2] == ["set() load", "False"]
    assert set(recdag.__all__) <= set(dir(recdag))


def test_the_split_is_that_of_a_run(prepare):
    project = prepare("leave_one_out")
    (ours,) = recdag.load("tiny").split("leave_one_out").folds
    (theirs,) = read_splits(project, "tiny", "leave_one_out")
    assert (ours.user_ids == theirs.user_ids).all() and (ours.item_ids == theirs.item_ids).all()
    drawn = [[set(row) - {-1} for row in each.test.candidates] for each in (ours, theirs)]
    assert drawn[0] == drawn[1]
    assert (ours.train.strength != theirs.train.strength).nnz == 0
    assert ours.train.supportive.keys() == {"click"}


@pytest.mark.parametrize(("paper", "model"), [("benchmark", "ease"), ("ncf", "gmf"), ("fawmf", "wmf")])
def test_a_model_is_measured_as_in_a_run(finished, paper, model):
    split = recdag.load("tiny").split(PAPERS[paper].protocol)
    measured = recdag.evaluate(recdag.fit(model, split, recipe=paper), split)
    query = (
        "select metric, value, std_err, ci_low, ci_high, n_users from metrics"
        " where dataset = 'tiny' and paper = ? and model = ? and study is null and users = 'all'"
    )
    published = recdag.sql(query, [paper, model]).set_index("metric").loc[measured.index]
    pd.testing.assert_frame_equal(measured, published, check_exact=True, check_dtype=False)


def test_a_file_and_a_frame_are_read_alike_and_nothing_is_written(home, events, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = files_of(tmp_path)
    of_file = recdag.load(events, target="buy")
    of_frame = recdag.load(pd.read_csv(events), target="buy")
    assert of_file.name == "shop" and of_frame.name == "frame"
    assert list(of_file.users) == list(of_frame.users) and (of_file.users[0], len(of_file.items)) == (
        "u0",
        40,
    )
    assert (of_file.interactions.item == of_frame.interactions.item).all()
    split = of_file.split("user_holdout", seed=3)
    recdag.evaluate(recdag.fit("item_pop", split), split)
    assert files_of(tmp_path) == before


def test_scores_have_the_keys_of_users_and_items(home):
    split = recdag.load("tiny").split("five_fold_cv")
    model = recdag.fit("item_pop", split)
    scores = model.score(["u7", "u3"], fold=2)
    assert list(scores.index) == ["u7", "u3"] and set(scores.columns) <= {f"i{n}" for n in range(40)}
    bought = split.folds[2].train_and_validation.positives.sum(axis=0)
    assert scores.loc["u7"].tolist() == bought.tolist()


def test_another_model_can_be_measured_for_each_fold(home):
    split = recdag.load("tiny").split("five_fold_cv")
    model = recdag.fit("item_pop", split)
    assert recdag.evaluate(list(model.folds), split).equals(recdag.evaluate(model, split))
    with pytest.raises(ConfigError, match="1 models for 5 folds"):
        recdag.evaluate(model.folds[0], split)


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda: recdag.load("tinny"), ConfigError, "neither a data set nor a file. Did you mean 'tiny'"),
        (lambda: recdag.load("tiny", usr="user"), ConfigError, "no hint 'usr'. Did you mean 'user'"),
        (
            lambda: recdag.load("ml-100k"),
            DataError,
            r"recdag.load\('ml-100k', download=True\) fetches them into",
        ),
        (lambda: recdag.load("netflix", download=True), DataError, "cannot be downloaded without you"),
        (lambda: recdag.load("tiny").split("leave_two_out"), ConfigError, "no protocol is called"),
        (lambda: recdag.sql("from metrics"), NotMade, "no run has published anything"),
    ],
)
def test_what_is_wrong_is_said_with_the_cure(home, ask, error, message):
    with pytest.raises(error, match=message):
        ask()
    assert not (home / "data" / "recdag.duckdb").exists()


def test_what_a_file_does_not_tell_is_asked_for_by_keyword(events):
    with pytest.raises(DataError, match=r"Say so: recdag.load\(..., target='buy'\)") as caught:
        recdag.load(pd.read_csv(events).replace("click", "order"))
    assert "frame.parquet" in str(caught.value)


def test_a_stranger_has_no_scores(home):
    model = recdag.fit("item_pop", recdag.load("tiny").split("user_holdout"))
    with pytest.raises(DataError, match="'u99' is no user whom the model has learned from"):
        model.score(["u0", "u99"])


def test_a_query_that_cannot_be_answered_says_why(finished):
    with pytest.raises(Exception, match="The tables are listed by: recdag sql 'show tables'"):
        recdag.sql("from nothing")


def test_the_page_runs_as_it_stands(finished, capsys):
    code = "\n".join(block.text for block in blocks(PAGE) if block.language == "python")
    exec(compile(code, str(PAGE), "exec"), {})
    printed = capsys.readouterr().out
    assert "ndcg@10" in printed and "recall@20" in printed and "std_err" in printed
