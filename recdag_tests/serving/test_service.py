"""Lists from trained models, against scores of the model itself."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from recdag.errors import ConfigError, RecdagError
from recdag.graph.assets import make
from recdag.graph.published_lists import publish_recommendations
from recdag.graph.shared_splits import split_asset
from recdag.graph.trained_services import open_service, write_recommendations
from recdag.graph.training import train_model
from recdag.graph.training_request import TrainingRequest
from recdag.papers.catalogue import PAPERS
from recdag.recommenders.base import Query
from recdag.serving.service import best_columns


def add_events(home, rows):
    with (home / "data" / "raw" / "tiny" / "events.csv").open("a") as file:
        file.write(rows)


def train(project, *names):
    for name in names:
        paper, model = name.split("/")
        make(project, "tiny", split_asset(PAPERS[paper].protocol))
        train_model(project, TrainingRequest("tiny", paper, model))


def table(rows):
    return pd.DataFrame(map(vars, rows))


def bought(project):
    """user -> the items that she has."""
    with project.warehouse.reading("tiny") as connection:
        query = (
            "select user_key, item_key from binarized join users using (user_id) join items using (item_id)"
        )
        return connection.execute(query).df().groupby("user_key")["item_key"].agg(set)


def by_hand(service, query, seen, top):
    """(item, score) of the best items, from the model's own scores one by one."""
    scores = service.model.score(query)[0].tolist()
    keyed = [(service.keys.items[i], score) for i, score in zip(service.item_ids, scores, strict=True)]
    ranked = sorted(enumerate(keyed), key=lambda entry: (-entry[1][1], entry[0]))
    return [each for _, each in ranked if each[0] not in seen][:top]


@pytest.mark.parametrize("name", ["benchmark/ease", "benchmark/wmf", "benchmark/neumf", "mult_vae/mult_dae"])
def test_a_users_list_is_the_best_of_what_she_does_not_have(prepare, name):
    project = prepare()
    train(project, name)
    service, has = open_service(project, "tiny", name), bought(project)
    for user in ("u0", "u7", "u59"):
        (place,) = np.flatnonzero(service.keys.users == user)
        row = np.flatnonzero(service.user_ids == place)
        history = np.isin(service.keys.items[service.item_ids], list(has[user])).astype(np.float32)
        query = Query(row if len(row) else np.array([-1]), type(service.histories)(history[None]))
        rows = table(service.for_user(user, top=5))
        expected = by_hand(service, query, has[user], 5)
        assert list(rows.columns) == ["rank", "item_key", "title", "score"]
        assert rows["rank"].to_list() == [1, 2, 3, 4, 5]
        assert rows["item_key"].to_list() == [item for item, _ in expected]
        assert rows["score"].to_numpy() == pytest.approx([score for _, score in expected], abs=1e-5)


@pytest.mark.parametrize("model", ["ease", "bpr", "neumf"])
def test_everybodys_lists_are_those_of_each_user_and_hold_nothing_she_has(prepare, model, monkeypatch):
    project = prepare()
    train(project, f"benchmark/{model}")
    monkeypatch.setattr("recdag.serving.service._PAIRS_AT_ONCE", 7 * 40)
    service, has = open_service(project, "tiny", f"benchmark/{model}"), bought(project)
    everybody = pd.concat(service.for_everybody(top=40), ignore_index=True)
    assert set(everybody["user_key"]) == set(has.index)
    for user, rows in everybody.groupby("user_key"):
        assert not set(rows["item_key"]) & has[user]
        assert len(rows) == len(service.item_ids) - len(has[user])
        assert rows["rank"].to_list() == list(range(1, len(rows) + 1))
        assert rows["score"].is_monotonic_decreasing
        alone = table(service.for_user(user, top=40))
        assert alone["score"].to_numpy() == pytest.approx(rows["score"].to_numpy(), abs=1e-5)


def test_someone_unseen_gets_what_her_items_suggest(prepare):
    project = prepare()
    train(project, "benchmark/ease", "benchmark/wmf", "benchmark/bpr")
    basket = ["i0", "i1", "i2"]
    for name in ("benchmark/ease", "benchmark/wmf"):
        rows = table(open_service(project, "tiny", name).for_items(basket, top=5))
        assert not set(rows["item_key"]) & set(basket) and len(rows) == 5
    ease = open_service(project, "tiny", "benchmark/ease")
    of_basket = np.isin(ease.keys.items[ease.item_ids], basket)
    weights = ease.model.parameters_state()["weights"].numpy()
    expected = np.sort(weights[of_basket].sum(axis=0)[~of_basket])[::-1][:5]
    assert table(ease.for_items(basket, top=5))["score"].to_numpy() == pytest.approx(expected, abs=1e-6)
    with pytest.raises(RecdagError, match=r"cannot serve users .* benchmark/ease"):
        open_service(project, "tiny", "benchmark/bpr").for_items(basket)


def test_similar_items_are_the_nearest_by_cosine_or_those_of_a_basket(prepare):
    project = prepare()
    train(project, "benchmark/bpr", "benchmark/neumf", "benchmark/ease")
    bpr = open_service(project, "tiny", "benchmark/bpr")
    vectors = bpr.model.parameters_state()["item"].numpy()
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    (column,) = np.flatnonzero(bpr.keys.items[bpr.item_ids] == "i3")
    expected = np.sort(np.delete(unit @ unit[column], column))[::-1][:4]
    rows = table(bpr.similar("i3", top=4))
    assert rows["score"].to_numpy() == pytest.approx(expected, abs=1e-6)
    assert "i3" not in set(rows["item_key"])
    assert len(open_service(project, "tiny", "benchmark/neumf").similar("i3", top=4)) == 4
    ease = open_service(project, "tiny", "benchmark/ease")
    assert ease.similar("i3") == ease.for_items(["i3"])


def test_unknown_keys_are_answered_with_near_ones(prepare):
    project = prepare()
    train(project, "benchmark/ease")
    service = open_service(project, "tiny", "benchmark/ease")
    with pytest.raises(RecdagError, match=r"no user 'U59'.*u59"):
        service.for_user("U59")
    with pytest.raises(RecdagError, match=r"no item 'i400'.*i40?"):
        service.for_items(["i1", "i400"])
    titled = service.keys.titles.copy()
    titled[service.keys.items == "i7"] = "The Seventh Seal (1957)"
    service.keys.titles[:] = titled
    with pytest.raises(RecdagError, match=r"i7 \(The Seventh Seal"):
        service.similar("the seventh seal")


def test_users_whom_a_model_cannot_serve_are_left_out_and_told(home, prepare):
    looked_only = "onlooker,i1,click,1700000000\n"
    newcomer = "".join(f"newcomer,i{n},buy,17000000{n:02d}\n" for n in (1, 2))
    add_events(home, looked_only + newcomer)
    project = prepare()
    train(project, "benchmark/ease", "benchmark/bpr", "ncf/bpr")
    ease = open_service(project, "tiny", "benchmark/ease")
    everybody = set(pd.concat(ease.for_everybody(top=1))["user_key"])
    assert "newcomer" in everybody and "onlooker" not in everybody
    with pytest.raises(RecdagError, match="'onlooker' has no item"):
        ease.for_user("onlooker")
    with pytest.raises(RecdagError, match="cannot serve users"):
        open_service(project, "tiny", "benchmark/bpr").for_user("onlooker")


def test_a_model_of_another_state_of_the_data_is_refused(home, prepare):
    project = prepare()
    train(project, "benchmark/ease")
    add_events(home, "aaa,i1,buy,1800000000\naaa,i2,buy,1800000001\naaa,i3,buy,1800000002\n")
    prepare(PAPERS["benchmark"].protocol)
    with pytest.raises(RecdagError, match="another state of 'tiny'"):
        open_service(project, "tiny", "benchmark/ease")


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("benchmark/easy", "has no model 'easy'"),
        ("nfc/ease", "no paper is called 'nfc'"),
        ("benchmark/wmf", r"not been trained .*--select \+benchmark/wmf"),
    ],
)
def test_a_model_that_is_not_there_is_named(prepare, name, match):
    with pytest.raises(RecdagError, match=match):
        open_service(prepare(), "tiny", name)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_lists_of_all_users_as_a_file(prepare, tmp_path, ending):
    project = prepare()
    train(project, "benchmark/ease")
    service = open_service(project, "tiny", "benchmark/ease")
    path = tmp_path / "new" / f"lists.{ending}"
    assert write_recommendations(service, path, top=3) == 60 * 3
    read = (pd.read_csv if ending == "csv" else pd.read_parquet)(path)
    assert list(read.columns) == ["user_key", "rank", "item_key", "title", "score"]
    expected = pd.concat(service.for_everybody(top=3), ignore_index=True)
    assert read["item_key"].to_list() == expected["item_key"].to_list()
    with pytest.raises(ConfigError, match=r"neither \.parquet nor \.csv"):
        write_recommendations(service, tmp_path / "lists.xlsx")


def test_the_published_table_holds_the_chosen_models_and_is_kept(prepare):
    project = prepare()
    train(project, "benchmark/ease", "benchmark/wmf")
    assert not publish_recommendations(project, "tiny", ["benchmark/ease"], 3).cached
    assert publish_recommendations(project, "tiny", ["benchmark/ease"], 3).cached
    both = publish_recommendations(project, "tiny", ["benchmark/wmf", "benchmark/ease"], 3)
    assert not both.cached and both.metadata["rows"] == 2 * 60 * 3
    wmf = table(open_service(project, "tiny", "benchmark/wmf").for_user("u4", 3))
    with project.published.reading() as connection:
        published = connection.execute("from recommendations").df()
    of_wmf = published[(published["model"] == "wmf") & (published["user_key"] == "u4")]
    found = of_wmf.sort_values("rank")
    assert found["item_key"].to_list() == wmf["item_key"].to_list()
    assert set(published["dataset"]) == {"tiny"} and set(published["paper"]) == {"benchmark"}
    publish_recommendations(project, "tiny", ["benchmark/wmf"], 2)
    with project.published.reading() as connection:
        rows = connection.execute("select model, count(*) from recommendations group by all").fetchall()
    assert rows == [("wmf", 120)]


def test_ties_go_by_column_and_lists_may_be_short():
    scores = np.array([[1, 3, 3, 3, 0], [-np.inf, 2, -np.inf, -np.inf, 5]], np.float32)
    row, place, column = best_columns(scores, 3)
    assert row.tolist() == [0, 0, 0, 1, 1]
    assert place.tolist() == [0, 1, 2, 0, 1]
    assert column.tolist() == [1, 2, 3, 4, 1]
    assert len(best_columns(scores, 9)[0]) == 7


@pytest.mark.parametrize("name", ["benchmark/ease", "benchmark/wmf", "benchmark/fawmf"])
def test_an_answer_loads_nothing_that_it_does_not_need(prepare, name):
    project = prepare()
    train(project, name)
    question = (
        "import sys; from recdag.graph.project import Project;"
        "from recdag.graph.trained_services import open_service;"
        f"print(open_service(Project.open(), 'tiny', '{name}').for_user('u1', 1)[0].item_key);"
        "print(*{'pandas', 'numba', 'dagster', 'optuna', 'matplotlib', 'pyarrow'} & set(sys.modules))"
    )
    told = subprocess.run([sys.executable, "-W", "ignore", "-c", question], capture_output=True, text=True)
    item, heavy = told.stdout.split("\n")[:2]
    assert item == open_service(project, "tiny", name).for_user("u1", 1)[0].item_key
    assert heavy == ""


def test_weights_of_another_version_of_a_model_are_not_loaded(prepare):
    project = prepare()
    train(project, "benchmark/item_pop")
    card = project.trained("tiny", "benchmark", "item_pop") / "card.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), "code_version": "0", "config": {"old": 1}}))
    with pytest.raises(RecdagError, match="trained by version 0 of the model") as caught:
        open_service(project, "tiny", "benchmark/item_pop")
    assert "recdag run --dataset tiny --paper benchmark" in caught.value.cure


def damaged(content):
    return content[: len(content) // 2]


def changed(content):
    return content[:-1] + bytes([content[-1] ^ 1])


@pytest.mark.parametrize(
    ("file", "spoil", "told"),
    [
        ("ids-0.safetensors", damaged, "the ids cannot be read"),
        ("fold-0.safetensors", damaged, "the weights have changed since training"),
        ("fold-0.safetensors", changed, "the weights have changed since training"),
    ],
)
def test_a_model_whose_files_are_not_those_that_were_trained_is_not_used(prepare, file, spoil, told):
    project = prepare()
    train(project, "benchmark/item_pop")
    assert open_service(project, "tiny", "benchmark/item_pop").for_user("u3")
    path = project.trained("tiny", "benchmark", "item_pop") / file
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(RecdagError, match=f"{told}. Delete .* and run again"):
        open_service(project, "tiny", "benchmark/item_pop")
