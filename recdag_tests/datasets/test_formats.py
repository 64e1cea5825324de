"""Every file format, read from tiny files, against rows written out by hand."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
import scipy.sparse

from recdag.datasets.entry import Dataset
from recdag.datasets.file_search import find_files
from recdag.datasets.formats import StageReport, stage
from recdag.errors import DataError

Row = tuple[str, str, str, float | None, int | None]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@pytest.fixture
def read(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> Callable[[Dataset], tuple[list[Row], StageReport]]:
    def run(dataset: Dataset) -> tuple[list[Row], StageReport]:
        found = find_files(dataset, [tmp_path])
        assert found is not None
        report = stage(connection, dataset, found)
        return connection.execute("FROM staged_events").fetchall(), report

    return run


def table(connection: duckdb.DuckDBPyConnection, name: str) -> list[tuple]:
    return connection.execute(f"FROM {name} ORDER BY ALL").fetchall()


def put(path: Path, text: str, encoding: str = "utf-8") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = text.encode(encoding)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


ONE_RATING = [("1", "10", "interaction", 4.0, 100), ("2", "010", "interaction", 5.0, 200)]


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("movielens_dat", "1::10::4::100\n2::010::5::200\n"),
        ("movielens_csv", "userId,movieId,rating,timestamp\n1,10,4.0,100\n2,010,5.0,200\n"),
        ("movielens_udata", "1\t10\t4\t100\r\n2\t010\t5\t200\r\n"),
    ],
)
def test_movielens(read, tmp_path: Path, make_dataset, form: str, text: str, ending: str) -> None:
    put(tmp_path / f"ratings.csv{ending}", text)
    rows, report = read(make_dataset(form))
    assert rows == ONE_RATING
    assert report == StageReport(2, {"interaction": 2}, has_time=True, has_value=True)


def test_movielens_titles_and_users(read, connection, tmp_path: Path, make_dataset) -> None:
    put(tmp_path / "ratings.csv", "1::10::4::100\n")
    put(tmp_path / "movies.dat", '10::Café, the "best" (1995)::Drama\n11::Other (1990)::Comedy\n', "latin-1")
    put(tmp_path / "users.dat", "1::F::25::3::55117\n")
    read(
        make_dataset(
            "movielens_dat", files={"events": "ratings.csv", "items": "movies.dat", "users": "users.dat"}
        )
    )
    assert table(connection, "staged_items") == [("10", 'Café, the "best" (1995)'), ("11", "Other (1990)")]
    ((user, attributes),) = table(connection, "staged_users")
    assert user == "1"
    assert json.loads(attributes) == {"gender": "F", "age": "25", "occupation": "3"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("movies.csv", 'movieId,title,genres\n10,"American President, The (1995)",Drama\n'),
        ("u.item", "10|American President, The (1995)|01-Jan-1995\n"),
        ("movie_titles.csv", "10,1995,American President, The (1995)\n"),
        ("things.tsv", "item\tname\n10\tAmerican President, The (1995)\n"),
    ],
)
def test_titles_with_commas(read, connection, tmp_path: Path, make_dataset, name: str, text: str) -> None:
    put(tmp_path / "ratings.csv", "1::10::4::100\n")
    put(tmp_path / name, text)
    read(make_dataset("movielens_dat", files={"events": "ratings.csv", "items": name}))
    assert table(connection, "staged_items") == [("10", "American President, The (1995)")]


def test_ncf(read, connection, tmp_path: Path, make_dataset) -> None:
    put(tmp_path / "train.rating.gz", "0\t5\t1\t0\n0\t6\t1\t0\n1\t5\t1\t0\n")
    put(tmp_path / "test.rating", "0\t7\t4\t900\n1\t6\t3\t800\n")
    put(tmp_path / "test.negative", "(0,7)\t9\t8\n(1,6)\t7\t9\n")
    put(tmp_path / "item_map.csv", "ncf_item,movie_id,certain\n5,50,1\n6,60,1\n")
    put(tmp_path / "movies.dat", "50::A::x\n60::B::x\n70::C::x\n")
    files = {
        "train": "train.rating", "test": "test.rating", "negatives": "test.negative",
        "item_map": "item_map.csv", "items": "movies.dat",
    }  # fmt: skip
    rows, report = read(make_dataset("ncf", files=files))
    assert [(row[0], row[1], row[4]) for row in rows] == [
        ("0", "5", None), ("0", "6", None), ("1", "5", None), ("0", "7", 900), ("1", "6", 800),
    ]  # fmt: skip
    assert not report.has_time and not report.has_value
    assert report.oddities == {"unknown times": 3}
    assert table(connection, "staged_split") == [
        ("test", "0", "7"), ("test", "1", "6"), ("train", "0", "5"), ("train", "0", "6"), ("train", "1", "5"),
    ]  # fmt: skip
    assert table(connection, "staged_candidates") == [
        ("0", "8", 2), ("0", "9", 1), ("1", "7", 1), ("1", "9", 2),
    ]  # fmt: skip
    assert table(connection, "staged_items") == [("5", "A"), ("6", "B")]


def test_ncf_with_repeated_rows_and_without_negatives(read, connection, tmp_path: Path, make_dataset) -> None:
    put(tmp_path / "train.rating", "0\t5\t1\t0\n0\t6\t1\t0\n0\t5\t1\t0\n0\t5\t1\t0\n1\t5\t1\t0\n")
    put(tmp_path / "test.rating", "0\t7\t1\t0\n1\t6\t1\t0\n1\t6\t1\t0\n")
    rows, report = read(make_dataset("ncf", files={"train": "train.rating", "test": "test.rating"}))
    assert len(rows) == report.rows == 8
    assert report.oddities == {
        "repeats of another row": 3,
        "repeats in the published split, stored once": 3,
    }
    assert table(connection, "staged_split") == [
        ("test", "0", "7"), ("test", "1", "6"), ("train", "0", "5"), ("train", "0", "6"), ("train", "1", "5"),
    ]  # fmt: skip
    assert table(connection, "staged_candidates") == []


def save_matrix(path: Path, entries: list[float]) -> None:
    scipy.sparse.save_npz(path, scipy.sparse.coo_array((entries, ([0, 0, 2], [4, 1, 3])), shape=(3, 5)))


@pytest.mark.parametrize(("entries", "value"), [([1, 1, 1], [None] * 3), ([2, 1, 5], [2.0, 1.0, 5.0])])
def test_sparse_matrices(read, tmp_path: Path, make_dataset, entries, value) -> None:
    save_matrix(tmp_path / "train.npz", entries)
    save_matrix(tmp_path / "test.npz", entries)
    files = {"events.train": "train.npz", "events.test": "test.npz"}
    rows, report = read(make_dataset("npz", files=files))
    assert [row[:4] for row in rows] == 2 * [
        ("0", "4", "interaction", value[0]), ("0", "1", "interaction", value[1]),
        ("2", "3", "interaction", value[2]),
    ]  # fmt: skip
    assert report.has_value is (value[0] is not None)


@pytest.mark.parametrize("entries", [None, [1, -1, 1], [1, float("nan"), 1]])
def test_what_is_no_matrix_of_positives_is_refused(read, tmp_path: Path, make_dataset, entries) -> None:
    path = tmp_path / "m.npz"
    if entries is None:
        path.write_bytes(b"PK\x03\x04 half")
    else:
        save_matrix(path, entries)
    with pytest.raises(DataError, match=r"m\.npz: (This is not a sparse matrix|The matrix has an entry)"):
        read(make_dataset("npz", files={"events": "m.npz"}))


@pytest.mark.parametrize(
    "text", ["u1\ts1\t3\nu1\ts2\t1\n", "u1 s1 3\nu1 s2 1\n", "user,song,n\nu1,s1,3\nu1,s2,1\n"]
)
def test_triplets_with_and_without_header(read, tmp_path: Path, make_dataset, text: str) -> None:
    put(tmp_path / "ratings.csv", text)
    rows, report = read(make_dataset("triplets", target="play"))
    assert rows == [("u1", "s1", "play", 3.0, None), ("u1", "s2", "play", 1.0, None)]
    assert not report.has_time


def test_lists(read, tmp_path: Path, make_dataset) -> None:
    put(tmp_path / "buy.txt.gz", "0\t7\t2\n1\t3\n")
    put(tmp_path / "buy_test.txt", "0 9\n\n")
    put(tmp_path / "view.txt", "1 3 4 5\n2\n")
    files = {"view": "view.txt", "buy.train": "buy.txt", "buy.test": "buy_test.txt"}
    rows, report = read(make_dataset("lists", files=files, target="buy", supportive="view"))
    assert [row[:3] for row in rows] == [
        ("0", "7", "buy"), ("0", "2", "buy"), ("1", "3", "buy"), ("0", "9", "buy"),
        ("1", "3", "view"), ("1", "4", "view"), ("1", "5", "view"),
    ]  # fmt: skip
    assert report.behaviours == {"buy": 4, "view": 3}


def test_userbehavior(read, tmp_path: Path, make_dataset) -> None:
    put(tmp_path / "ratings.csv", "1,22,333,pv,1511544070\n1,22,333,buy,1511561733\n")
    behaviours = {"pv": "view", "buy": "purchase"}
    rows, _ = read(make_dataset("userbehavior", behaviours=behaviours, target="purchase", supportive="view"))
    assert rows == [("1", "22", "view", None, 1511544070), ("1", "22", "purchase", None, 1511561733)]


def test_retailrocket(read, tmp_path: Path, make_dataset) -> None:
    put(
        tmp_path / "ratings.csv",
        "timestamp,visitorid,event,itemid,transactionid\n1433221332117,257597,view,355908,\n",
    )
    rows, _ = read(make_dataset("retailrocket", target="transaction", supportive=["view", "addtocart"]))
    assert rows == [("257597", "355908", "view", None, 1433221332)]


def test_netflix(read, tmp_path: Path, make_dataset) -> None:
    put(tmp_path / "a.txt", "2:\n5,3,2005-09-06\n6,4,1970-01-02\n1:\n5,1,2004-01-01\n")
    put(tmp_path / "b.txt", "3:\n7,5,2004-01-01\n")
    rows, _ = read(make_dataset("netflix", files={"events.1": "a.txt", "events.2": "b.txt"}))
    assert [(row[0], row[1], row[3]) for row in rows] == [
        ("5", "2", 3),
        ("6", "2", 4),
        ("5", "1", 1),
        ("7", "3", 5),
    ]
    assert rows[1][4] == 86_400


def test_amazon_json(read, tmp_path: Path, make_dataset) -> None:
    line = {"reviewerID": "A", "asin": "B", "overall": 5.0, "unixReviewTime": 7, "reviewText": "x, y"}
    put(tmp_path / "ratings.csv.gz", json.dumps(line) + "\n" + json.dumps(line) + "\n")
    rows, report = read(make_dataset("amazon_json"))
    assert rows == [("A", "B", "interaction", 5.0, 7)] * 2
    assert report.oddities == {"repeats of another row": 1}


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_table_finds_the_separator_out(read, tmp_path: Path, make_dataset, separator: str) -> None:
    lines = [["when", "who", "what"], *([str(k), f"u{k}", f"i{k}"] for k in range(1, 30))]
    put(tmp_path / "ratings.csv", "\n".join(separator.join(line) for line in lines))
    rows, _ = read(make_dataset(columns={"user": "who", "item": "what", "time": "when"}))
    assert rows == [(f"u{k}", f"i{k}", "interaction", None, k) for k in range(1, 30)]


def test_table_by_position_with_quotes_and_line_breaks(read, tmp_path: Path, make_dataset) -> None:
    put(tmp_path / "ratings.csv", '"a, b","two\nlines",1\nc,d,2\n')
    rows, _ = read(make_dataset(columns={"user": 1, "item": 2, "value": 3, "separator": ","}))
    assert rows == [("a, b", "two\nlines", "interaction", 1.0, None), ("c", "d", "interaction", 2.0, None)]


def test_table_of_parquet(read, connection, tmp_path: Path, make_dataset) -> None:
    path = tmp_path / "ratings.parquet"
    query = "SELECT 7 AS u, 'x' AS i, 2.5::DECIMAL(4, 1) AS v, TIMESTAMP '2020-01-01 00:00:01' AS t"
    connection.execute(f"COPY ({query}) TO '{path}'")
    columns = {"user": "u", "item": "i", "value": "v", "time": "t"}
    rows, _ = read(make_dataset(columns=columns, files={"events": path.name}))
    assert rows == [("7", "x", "interaction", 2.5, 1_577_836_801)]


@pytest.mark.parametrize(
    ("time_format", "text", "seconds"),
    [
        ("unix_s", "1577836800", 1_577_836_800),
        ("unix_ms", "1577836800999", 1_577_836_800),
        ("iso", "2020-01-01", 1_577_836_800),
        ("iso", "2020-01-01 00:00:00", 1_577_836_800),
        ("iso", "2020-01-01T02:00:00+02:00", 1_577_836_800),
        ("iso", "2020-01-01T00:00:00Z", 1_577_836_800),
        ("%d.%m.%Y", "01.01.2020", 1_577_836_800),
        ("%m-%d", "2-29", (31 + 28 + 730) * 86_400),
        ("%m-%d", "1-1", 730 * 86_400),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_times(
    read, connection, tmp_path: Path, make_dataset, time_format: str, text: str, seconds: int, zone: str
) -> None:
    connection.execute(f"SET TimeZone = '{zone}'")
    put(tmp_path / "ratings.csv", f"u,i,t\n1,2,{text}\n1,3,\n")
    columns = {"user": "u", "item": "i", "time": "t", "separator": ",", "time_format": time_format}
    rows, report = read(make_dataset(columns=columns))
    assert [row[4] for row in rows] == [seconds, None]
    assert report.oddities == {"unknown times": 1}
    assert not report.has_time


def test_oddities_are_counted_and_kept(read, tmp_path: Path, make_dataset) -> None:
    put(tmp_path / "ratings.csv", "u,i,v\n1,2,3\n1,2,3\n1,2,3\n1,2,4\n1,3,9\n1,4,0\n")
    columns = {"user": "u", "item": "i", "value": "v", "separator": ","}
    rows, report = read(make_dataset(columns=columns, value_range=[1, 5]))
    assert len(rows) == report.rows == 6
    assert report.oddities == {"repeats of another row": 2, "values out of range": 2, "values of 0": 1}


def test_repeats_are_the_same_in_any_number_of_passes(
    read, tmp_path: Path, make_dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recdag.datasets.formats._ROWS_PER_PASS", 100)
    put(tmp_path / "ratings.csv", "u,i\n" + "".join(f"{k % 700},{k % 7}\n" for k in range(1000)))
    _, report = read(make_dataset(columns={"user": "u", "item": "i", "separator": ","}))
    assert report.oddities == {"repeats of another row": 300}


def test_staging_again_replaces(read, connection, tmp_path: Path, make_dataset) -> None:
    put(tmp_path / "ratings.csv", "1::10::4::100\n")
    put(tmp_path / "movies.dat", "10::A::x\n")
    read(make_dataset("movielens_dat", files={"events": "ratings.csv", "items": "movies.dat"}))
    put(tmp_path / "other.csv", "2::11::4::100\n")
    rows, _ = read(make_dataset("movielens_dat", files={"events": "other.csv"}))
    assert [row[0] for row in rows] == ["2"]
    assert table(connection, "staged_items") == []


def test_order_of_the_file_is_kept_with_threads(read, connection, tmp_path: Path, make_dataset) -> None:
    connection.execute("SET threads = 4; SET preserve_insertion_order = false")
    put(tmp_path / "ratings.csv", "".join(f"{k}\t{k}\t1\t{k}\n" for k in range(200_000)))
    read(make_dataset("movielens_udata"))
    query = "SELECT bool_and(user_key::INT = rowid) FROM staged_events"
    assert connection.execute(query).fetchone() == (True,)
