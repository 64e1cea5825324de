"""What `datasets add` does not decide by itself: it asks, all at once, and leaves nothing out unsaid."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest

from recdag.datasets.adding import try_out
from recdag.datasets.import_hints import ImportHints
from recdag.datasets.proposing import LogFile, propose
from recdag.datasets.questions import NeedsAnswer, Question
from recdag.errors import DataError

RNG = np.random.default_rng(0)
PAIRS = [(user, int(item)) for user in range(30) for item in RNG.choice(20, 6, replace=False)]


def log(path: Path, header: str, row) -> LogFile:
    rows = [row(n, user, item) for n, (user, item) in enumerate(PAIRS)]
    path.write_text("\n".join([*([header] if header else []), *rows]) + "\n")
    return LogFile(path)


def asked(file: LogFile, **hints) -> str:
    with pytest.raises(NeedsAnswer) as caught:
        propose([file], ImportHints(**hints))
    return str(caught.value)


def test_play_time_is_not_dropped(tmp_path):
    file = log(tmp_path / "plays.tsv", "user\tgame\tHours", lambda n, u, i: f"u{u}\tg{i}\t{n % 7 / 2}")
    told = asked(file)
    assert "Column Hours (0 to 3)" in told and "--count Hours" in told and "--count none" in told
    dataset = propose([file], ImportHints(count="Hours")).dataset
    assert dataset.columns.used["value"] == "Hours" and dataset.value_kind == "count"
    without = propose([file], ImportHints(count="none"))
    assert "value" not in without.dataset.columns.used and without.unused == ("Hours",)
    ignored = propose([file], ImportHints(ignore=("Hours",)))
    assert "value" not in ignored.dataset.columns.used and ignored.unused == ("Hours",)


@pytest.mark.parametrize("words", [("true", "false"), ("Yes", "No"), ("1", "0")])
def test_false_is_no_positive_without_a_word(tmp_path, words):
    file = log(tmp_path / "log.csv", "user,item,purchased", lambda n, u, i: f"u{u},i{i},{words[n % 2]}")
    assert "--count purchased" in asked(file)
    proposal = propose([file], ImportHints(count="purchased"))
    report = try_out(proposal).report
    assert report.has_value and report.oddities["values of 0"] == len(PAIRS) // 2


def test_events_of_0_and_1_are_no_behaviours(tmp_path):
    file = log(tmp_path / "log.csv", "user,item,event", lambda n, u, i: f"u{u},i{i},{n % 2}")
    assert "Column event holds 0 and 1, which are no behaviours" in asked(file)
    assert propose([file], ImportHints(count="event")).dataset.columns.used["value"] == "event"
    assert propose([file], ImportHints(behaviour="event", target="1")).dataset.supportive == ("0",)
    assert propose([file], ImportHints(ignore=("event",))).dataset.columns.used == {
        "user": "user",
        "item": "item",
    }
    assert propose([file], ImportHints(count="none")).dataset.columns.used == {"user": "user", "item": "item"}


def test_ratings_that_begin_at_0_need_a_threshold(tmp_path):
    file = log(tmp_path / "log.csv", "user,item,rating", lambda n, u, i: f"u{u},i{i},{n % 6 / 2}")
    assert "Ratings of column rating begin at 0" in asked(file) and "--threshold 0.5" in asked(file)
    assert propose([file], ImportHints(threshold=0.5)).dataset.min_value == 0.5
    assert propose([file], ImportHints(threshold=0)).dataset.min_value == 0


def test_what_was_done_is_found_under_any_name(tmp_path):
    file = log(
        tmp_path / "log.csv", "user,item,what", lambda n, u, i: f"u{u},i{i},{('viewed', 'bought')[n % 2]}"
    )
    assert "Column what (viewed, bought)" in asked(file) and "--behaviour what" in asked(file)
    assert propose([file], ImportHints(behaviour="what")).dataset.target == "bought"
    colours = log(tmp_path / "c.csv", "user,item,what", lambda n, u, i: f"u{u},i{i},{('red', 'blue')[n % 2]}")
    assert propose([colours], ImportHints()).unused == ("what",)


def test_all_questions_come_at_once(tmp_path):
    file = log(
        tmp_path / "log.csv",
        "who,item,did,Minutes,when",
        lambda n, u, i: f"w{u},i{i},{('look', 'play')[n % 2]},{n % 9},{1 + n % 9:02d}/02/2024",
    )
    told = asked(file, behaviour="did", user="who")
    assert "3 things are not clear" in told
    for option in ("--count Minutes", "--target look", "--time-format"):
        assert told.count(option) == 1
    answers = {"target": "play", "count": "Minutes", "time_format": "%d/%m/%Y"}
    proposal = propose([file], ImportHints(behaviour="did", user="who", **answers))
    assert try_out(proposal).span == ("2024-02-01 00:00", "2024-02-09 00:00")


def test_places_and_times_are_no_ratings(tmp_path):
    file = log(
        tmp_path / "checkins.txt",
        "",
        lambda n, u, i: (
            f"{u}\t2010-10-{1 + n % 9:02d}T10:00:00Z\t{30 + n / 180:.4f}\t{n / 180:.4f}\t{900 + i}"
        ),
    )
    told = asked(file)
    assert "--user 1 --item 5" in told and "column 3 (30 to 30.9944) holds ratings or counts" in told
    assert propose([file], ImportHints(user="1", item="5", count="none")).unused == ("3", "4")


def test_order_numbers_and_constants_are_not_asked_for(tmp_path):
    file = log(tmp_path / "log.csv", "user,item,order_no,shop", lambda n, u, i: f"u{u},i{i},{n},7")
    assert propose([file], ImportHints()).unused == ("order_no", "shop")


def test_many_columns_are_one_question(tmp_path):
    names = ",".join(f"x{k}" for k in range(300))
    file = log(
        tmp_path / "log.csv", f"user,item,{names}", lambda n, u, i: f"u{u},i{i}," + ",".join(["1", "2"] * 150)
    )
    assert len(propose([file], ImportHints()).unused) == 300
    file = log(
        tmp_path / "b.csv", f"user,item,{names}", lambda n, u, i: f"u{u},i{i}," + ",".join([str(n % 5)] * 300)
    )
    told = asked(file)
    assert "and 290 more" in told and len(told) < 1000


@pytest.fixture
def shop(tmp_path):
    """Three files of a shop, as many exports are: a column that says 1 in every row."""
    return [
        LogFile(log(tmp_path / f"{name}.csv", "user,item,event", lambda n, u, i: f"u{u},i{i},1").path, name)
        for name in ("view", "cart", "buy")
    ]


def test_a_file_for_each_behaviour_and_a_constant_column(shop):
    proposal = propose(shop, ImportHints(name="shop"))
    assert proposal.constant == ("event (1)",)
    assert (proposal.dataset.target, set(proposal.dataset.supportive)) == ("buy", {"view", "cart"})
    assert try_out(proposal).report.behaviours == {"buy": 180, "cart": 180, "view": 180}
    alone = propose([LogFile(shop[0].path)], ImportHints())
    assert alone.constant == ("event (1)",) and alone.dataset.target == "interaction"
    named = propose([LogFile(shop[0].path)], ImportHints(behaviour="event"))
    assert named.dataset.target == "1"


def test_a_column_that_says_what_the_file_is_called_is_left_out(shop):
    for file in shop:
        file.path.write_text(file.path.read_text().replace(",1\n", f",{file.behaviour}ed\n"))
    proposal = propose(shop, ImportHints(name="shop"))
    assert proposal.constant == ("event (buyed, carted, viewed)",) or len(proposal.constant) == 1
    shop[0].path.write_text(shop[0].path.read_text() + "u1,i1,other\n")
    with pytest.raises(DataError, match="for each file and by a column"):
        propose(shop, ImportHints(name="shop"))


def test_a_rating_that_never_varies_is_left_out(tmp_path):
    file = log(tmp_path / "pins.tsv", "", lambda n, u, i: f"{u}\t{1000 + i}\t1\t0")
    proposal = propose([file], ImportHints(user="1", item="2"))
    assert proposal.constant == ("3 (1)",) and proposal.unused == ("4",)
    assert not try_out(proposal).report.has_value
    last = file.path.read_text() + "5\t1005\t2\t0\n"
    file.path.write_text(last)
    assert "ratings or counts" in asked(file, user="1", item="2")


TITLES = {
    "titles.csv": 'item,price,product_title\ni1,2,"Thing, one"\ni2,3,Thing two\n',
    "titles.tsv": "item\ttitle\ni1\tThing, one\ni2\tThing two\n",
    "titles.txt": "i1;Thing, one\ni2;Thing two\n",
    "latin.csv": "name;item\nThing, one;i1\nThing two;i2\n",
    "u.item": "i1|Thing, one|x\ni2|Thing two|y\n",
}


@pytest.mark.parametrize("name", TITLES)
def test_titles_are_read_and_counted(tmp_path, name):
    file = log(tmp_path / "log.csv", "user,item", lambda n, u, i: f"u{u},i{i}")
    (tmp_path / name).write_text(TITLES[name])
    assert try_out(propose([file], ImportHints(), tmp_path / name)).titles == 2


def test_titles_of_other_items_are_refused(tmp_path):
    file = log(tmp_path / "log.csv", "user,item", lambda n, u, i: f"u{u},i{i}")
    (tmp_path / "t.csv").write_text("item,title\n1,One\n")
    with pytest.raises(DataError, match=r"t\.csv: No item of the log is in the file of titles"):
        try_out(propose([file], ImportHints(), tmp_path / "t.csv"))
    with pytest.raises(DataError, match="no such file"):
        propose([file], ImportHints(), tmp_path / "away.csv")


def test_an_answer_stays_one_word_of_the_shell_whatever_a_column_is_called():
    name = "it's; rm -rf $HOME"
    question = Question("It is not clear what this is", "count", (name,))
    assert shlex.split(question.cure) == ["--count", name]
