"""Bad input: one clear message with file, line and cure."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from recdag.datasets.entry import Dataset
from recdag.datasets.file_search import find_files
from recdag.datasets.formats import stage
from recdag.errors import DataError

MANY = 50_000


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@pytest.fixture
def fault(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> Callable[[Dataset], DataError]:
    def run(dataset: Dataset) -> DataError:
        found = find_files(dataset, [tmp_path])
        assert found is not None
        with pytest.raises(DataError) as caught:
            stage(connection, dataset, found)
        assert caught.value.cure
        assert caught.value.where and str(tmp_path) in caught.value.where
        return caught.value

    return run


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("1,2,x,100", r"not a number from 0 to 1e\+15: 'x'"),
        ("1,2,-1,100", r"not a number from 0 to 1e\+15: '-1'"),
        ("1,2,nan,100", r"not a number from 0 to 1e\+15: 'nan'"),
        ("1,2,inf,100", r"not a number from 0 to 1e\+15: 'inf'"),
        ("1,2,1e308,100", r"not a number from 0 to 1e\+15: '1e308'"),
        ("1,2,,100", r"not a number from 0 to 1e\+15"),
        ("1,2,3,noon", r"time cannot be read as unix_s: 'noon'"),
        ("1,2,3,1433221332117", r"time cannot be read as unix_s.*unix_ms"),
        (",2,3,100", r"user is missing"),
        ("1,,3,100", r"item is missing"),
        ("1,2,3", r"has 3 columns, the first line has 4"),
        ("1,2,3,100,5", r"has 5 columns, the first line has 4"),
    ],
)
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_bad_row_is_named(fault, tmp_path: Path, make_dataset, bad: str, message: str, ending: str) -> None:
    good = [f"{k},{k},5,{k}" for k in range(MANY)]
    lines = ["u,i,v,t", *good[:30_000], "", bad, *good[30_000:], bad]
    text = ("\n".join(lines) + "\n").encode()
    (tmp_path / f"ratings.csv{ending}").write_bytes(gzip.compress(text, 1) if ending else text)
    columns = {"user": "u", "item": "i", "value": "v", "time": "t", "separator": ","}
    error = fault(make_dataset(columns=columns))
    assert error.where == f"{tmp_path}/ratings.csv{ending}, line 30003"
    with pytest.raises(DataError, match=message):
        raise error


def test_line_after_quoted_line_breaks(fault, tmp_path: Path, make_dataset) -> None:
    (tmp_path / "ratings.csv").write_text('u,i,v\n"a\nb",2,3\nc,d,bad\n')
    columns = {"user": "u", "item": "i", "value": "v", "separator": ","}
    assert fault(make_dataset(columns=columns)).where.endswith(", line 4")


def test_unknown_behaviour(fault, tmp_path: Path, make_dataset) -> None:
    (tmp_path / "ratings.csv").write_text("1,2,3,pv,100\n1,2,3,gift,100\n")
    behaviours = {"pv": "view", "buy": "purchase"}
    error = fault(make_dataset("userbehavior", behaviours=behaviours, target="purchase", supportive="view"))
    assert "behaviour is unknown: 'gift'" in str(error)
    assert error.where.endswith("line 2")
    assert "pv, buy" in str(error)


def test_missing_column_suggests_what_is_there(fault, tmp_path: Path, make_dataset) -> None:
    (tmp_path / "ratings.csv").write_text("user,item\n1,2\n")
    assert "no column 'who'; the first line has: user, item" in str(
        fault(make_dataset(columns={"user": "who", "item": "item"}))
    )


def test_too_few_columns_for_the_format(fault, tmp_path: Path, make_dataset) -> None:
    (tmp_path / "ratings.csv").write_text("1\t2\n")
    assert "Column 3 is missing" in str(fault(make_dataset("movielens_udata")))


@pytest.mark.parametrize(
    "form", ["movielens_dat", "movielens_csv", "lists", "netflix", "amazon_json", "triplets"]
)
def test_empty_file(fault, tmp_path: Path, make_dataset, form: str) -> None:
    (tmp_path / "ratings.csv").write_text("")
    role = "interaction" if form == "lists" else "events"
    assert "is empty" in str(fault(make_dataset(form, files={role: "ratings.csv"})))


def test_header_alone(fault, tmp_path: Path, make_dataset) -> None:
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n")
    assert "no interactions" in str(fault(make_dataset("movielens_csv")))


@pytest.mark.parametrize("keep", [0.02, 0.5, 0.9999])
def test_half_downloaded_gzip(fault, tmp_path: Path, make_dataset, keep: float) -> None:
    content = gzip.compress(b"".join(b"%d\t%d\t5\t100\n" % (k * 7919 % 1000, k) for k in range(MANY)))
    (tmp_path / "ratings.csv.gz").write_bytes(content[: int(len(content) * keep)])
    assert "only half there" in str(fault(make_dataset("movielens_udata")))


def test_wrong_encoding(fault, tmp_path: Path, make_dataset) -> None:
    (tmp_path / "ratings.csv").write_bytes("u,i\n1,2\n1,Caf\xe9\n".encode("latin-1"))
    columns = {"user": "u", "item": "i", "separator": ","}
    error = fault(make_dataset(columns=columns))
    assert "encoding" in str(error) and error.where.endswith("line 3")


def test_latin_1_when_told(connection, tmp_path: Path, make_dataset) -> None:
    (tmp_path / "ratings.csv").write_bytes("u,i\n1,Caf\xe9\n".encode("latin-1"))
    dataset = make_dataset(columns={"user": "u", "item": "i", "separator": ",", "encoding": "latin-1"})
    stage(connection, dataset, find_files(dataset, [tmp_path]))
    assert connection.execute("SELECT item_key FROM staged_events").fetchall() == [("Café",)]


def test_netflix_rating_that_is_none(fault, tmp_path: Path, make_dataset) -> None:
    (tmp_path / "ratings.csv").write_text("1:\n5,3,2005-09-06\n6,four,2005-09-06\n")
    error = fault(make_dataset("netflix"))
    assert "'four'" in str(error) and error.where.endswith("line 3")


def test_netflix_ratings_before_any_movie(fault, tmp_path: Path, make_dataset) -> None:
    (tmp_path / "ratings.csv").write_text("5,3,2005-09-06\n1:\n6,4,2005-09-06\n")
    error = fault(make_dataset("netflix"))
    assert "item is missing" in str(error) and error.where.endswith("line 1")


def test_broken_json(fault, tmp_path: Path, make_dataset) -> None:
    good = '{"reviewerID": "A", "asin": "B", "overall": 5, "unixReviewTime": 1}\n'
    (tmp_path / "ratings.csv").write_text(good * 3 + "{bad\n")
    assert fault(make_dataset("amazon_json")).where.endswith("line 4")


def test_not_parquet(fault, tmp_path: Path, make_dataset) -> None:
    (tmp_path / "x.parquet").write_text("u,i\n1,2\n")
    columns = {"user": "u", "item": "i"}
    assert "Parquet" in str(fault(make_dataset(columns=columns, files={"events": "x.parquet"})))


@pytest.mark.parametrize(
    ("negatives", "message"),
    [
        ("(0,7)\t9\n(1 6)\t7\n", "not `(user,item)`"),
        ("(0,7)\t9\n(1,8)\t7\n", "No test row"),
        ("(0,7)\n", "not `(user"),
    ],
)
def test_negatives_of_another_edition(
    fault, tmp_path: Path, make_dataset, negatives: str, message: str
) -> None:
    (tmp_path / "train").write_text("0\t5\t1\t0\n1\t5\t1\t0\n")
    (tmp_path / "test").write_text("0\t7\t4\t900\n1\t6\t3\t800\n")
    (tmp_path / "negative").write_text(negatives)
    error = fault(make_dataset("ncf", files={"train": "train", "test": "test", "negatives": "negative"}))
    assert message in str(error)
    assert f"line {negatives.count(chr(10))}" in error.where


def test_the_second_file_is_named(fault, tmp_path: Path, make_dataset) -> None:
    (tmp_path / "a").write_text("1:\n5,3,2005-09-06\n")
    (tmp_path / "b").write_text("2:\n5,3,2005-99-06\n")
    error = fault(make_dataset("netflix", files={"events.1": "a", "events.2": "b"}))
    assert error.where == f"{tmp_path}/b, line 2"


def test_inside_a_transaction(connection, tmp_path: Path, make_dataset) -> None:
    (tmp_path / "ratings.csv").write_text("1\t2\tx\t4\n")
    dataset = make_dataset("movielens_udata")
    connection.execute("BEGIN")
    with pytest.raises(DataError, match="line 1"):
        stage(connection, dataset, find_files(dataset, [tmp_path]))
    connection.execute("ROLLBACK")


def test_text_from_a_catalogue_is_never_sql(connection, tmp_path: Path, make_dataset) -> None:
    evil = "x'); DROP TABLE precious; --"
    connection.execute("CREATE TABLE precious AS SELECT 1 AS one")
    (tmp_path / f"{evil}.csv").write_text(f'"{evil}",i,b\n1,2,"{evil}"\n')
    dataset = make_dataset(
        files={"events": f"{evil}.csv"},
        columns={"user": evil, "item": "i", "behaviour": "b", "separator": ","},
        behaviours={evil: "interaction"},
    )
    stage(connection, dataset, find_files(dataset, [tmp_path]))
    assert connection.execute("SELECT user_key, behaviour FROM staged_events").fetchall() == [
        ("1", "interaction")
    ]
    assert connection.execute("FROM precious").fetchall() == [(1,)]
