"""From a file nobody has described to an entry of the catalogue."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import duckdb
import numpy as np
import pytest

from recdag.datasets.adding import check_name, try_out, write_entry
from recdag.datasets.catalogue import load_catalogue
from recdag.datasets.file_search import find_files, search_folders
from recdag.datasets.import_hints import ImportHints
from recdag.datasets.proposing import LogFile, propose
from recdag.datasets.questions import NeedsAnswer
from recdag.datasets.sampling import take_sample
from recdag.datasets.times import time_formats
from recdag.errors import DataError

RNG = np.random.default_rng(0)
PAIRS = [(user, int(item)) for user in range(30) for item in RNG.choice(20, 6, replace=False)]


def described(path: Path, text: str | bytes | None = None, **hints):
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return propose([LogFile(path)], ImportHints(**hints))


def lines(header: str, row) -> str:
    return "\n".join([header, *(row(user, item) for user, item in PAIRS)]).strip() + "\n"


def test_counts_without_a_header(tmp_path):
    text = lines("", lambda user, item: f"{1000 + user} {item} {1 + user * item}")
    with pytest.raises(NeedsAnswer, match=r"no header.*--user 1 --item 2"):
        described(tmp_path / "plays.txt", text)
    proposal = described(tmp_path / "plays.txt", user="1", item="2")
    dataset = proposal.dataset
    assert dataset.columns.used == {"user": 1, "item": 2, "value": 3}
    assert (dataset.columns.separator, dataset.columns.header, dataset.value_kind) == (" ", False, "count")
    preview = try_out(proposal)
    first = PAIRS[0]
    assert preview.first[0][:4] == ("1000", str(first[1]), "interaction", 1.0)
    assert (preview.report.rows, preview.users, preview.items) == (180, 30, 20)
    assert preview.span is None and preview.value_range == (1.0, max(1 + u * i for u, i in PAIRS))


def test_ratings_with_names_and_a_threshold(tmp_path):
    text = lines(
        "Reviewer;Book;Stars;Date", lambda u, i: f"r{u};b{i};{1 + (u + i) % 9 / 2};{1 + u % 28}.2.2023"
    )
    proposal = described(tmp_path / "stars.csv", text, threshold=4)
    dataset = proposal.dataset
    assert dataset.columns.used == {"user": "Reviewer", "item": "Book", "value": "Stars", "time": "Date"}
    assert (dataset.value_kind, dataset.min_value, dataset.columns.time_format) == ("rating", 4, "%d.%m.%Y")
    assert try_out(proposal).span == ("2023-02-01 00:00", "2023-02-28 00:00")


def test_several_behaviours_gzipped_with_quoted_names(tmp_path):
    text = lines(
        "at,action,customer,sku,price",
        lambda u, i: f'2024-01-{1 + u % 28:02d} 10:00,{"Add to Cart" if i % 3 else "Buy"},"u,{u}",i{i},3.5',
    )
    proposal = described(tmp_path / "Shop 2024.csv.gz", gzip.compress(text.encode()))
    dataset = proposal.dataset
    assert dataset.name == "shop-2024" and proposal.unused == ("price",)
    assert (dataset.target, dataset.supportive) == ("buy", ("add_to_cart",))
    assert dataset.behaviours == {"Add to Cart": "add_to_cart", "Buy": "buy"}
    preview = try_out(proposal)
    assert sum(preview.report.behaviours.values()) == 180 and preview.first[0][0].startswith("u,")


def test_without_times_from_parquet(tmp_path):
    path = tmp_path / "pairs.parquet"
    duckdb.sql(f"copy (select range % 30 as user_id, range % 7 as product from range(210)) to '{path}'")
    dataset = described(path).dataset
    assert dataset.columns.used == {"user": "user_id", "item": "product"}
    assert not try_out(described(path)).report.has_time


def test_a_file_for_each_behaviour(tmp_path):
    for name in ("views", "orders"):
        (tmp_path / f"{name}.csv").write_text(lines("user,item", lambda u, i: f"u{u},i{i}"))
    files = [
        LogFile.parse(f"{b}={tmp_path / p}") for b, p in (("view", "views.csv"), ("order", "orders.csv"))
    ]
    proposal = propose(files, ImportHints(name="shop"))
    assert proposal.dataset.target == "order"
    assert try_out(proposal).report.behaviours == {"order": 180, "view": 180}


def test_a_line_for_each_user(tmp_path):
    (tmp_path / "a.txt").write_text("1 2 3 4\n2 3\n3 4 5 6 7 8\n")
    (tmp_path / "b.txt").write_text("1 9\n2 9\n3 9\n")
    proposal = propose([LogFile(tmp_path / "a.txt"), LogFile(tmp_path / "b.txt")], ImportHints())
    assert proposal.dataset.format == "lists"
    assert try_out(proposal).report.rows == 12


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", " ", "::"])
def test_the_usual_separators(tmp_path, separator):
    text = lines(separator.join(("user", "item")), lambda u, i: f"u{u}{separator}i{i}")
    (tmp_path / "log.txt").write_text(text)
    assert take_sample(tmp_path / "log.txt").separator == separator
    assert try_out(described(tmp_path / "log.txt")).report.rows == 180


@pytest.mark.parametrize(
    ("values", "formats"),
    [
        (["978300760", "978302109"], ["unix_s"]),
        (["978300760000", "978302109000"], ["unix_ms"]),
        (["2024-01-31", "2024-02-01T10:00:00+02:00"], ["iso"]),
        (["20240131", "20240201"], ["%Y%m%d"]),
        (["12/1/2010 8:26", "12/31/2010 8:26"], ["%m/%d/%Y %H:%M"]),
        (["01.02.2024", "03.04.2024"], ["%d.%m.%Y"]),
        (["01/02/2024", "03/04/2024"], ["%d/%m/%Y", "%m/%d/%Y"]),
        (["2019-10-01 00:00:04 UTC"], ["iso"]),
        (["yesterday"], []),
    ],
)
def test_how_times_are_written(values, formats):
    assert time_formats(values) == formats


TABLE = lines("user,item,action,stars", lambda u, i: f"u{u},i{i},{'look' if i % 2 else 'take'},{1 + i % 5}")


@pytest.mark.parametrize(
    ("text", "hints", "message"),
    [
        ("", {}, "is empty"),
        ("user\nu1\nu2\n", {}, "No two columns"),
        ("user,item\n", {}, "no interactions"),
        ("user,item\nu1,i1\nu1,i2\n", {}, "1 user and 2 items"),
        (bytes(range(256)), {}, "neither text nor Parquet"),
        (TABLE, {}, r"which behaviour is to be predicted.*--target .*look, take|take, look"),
        (TABLE, {"target": "sell"}, "No row has the behaviour 'sell'.*take"),
        (TABLE, {"target": "take", "user": "usr"}, "no column 'usr'; did you mean user"),
        (TABLE, {"target": "take", "time": "9"}, "no column '9'"),
        (TABLE, {"target": "take", "rating": "stars", "count": "4"}, "not both"),
        (TABLE, {"target": "take", "rating": "none", "threshold": 4}, "threshold needs"),
        (TABLE + "u1,i1,take,many\n", {"target": "take"}, "log.csv, line 182: .*'many'"),
        (TABLE + "u1,i1\n", {"target": "take"}, "log.csv, line 182: .*2 columns"),
        (TABLE.replace("action", "date"), {}, "times of column date cannot be read.*--time none"),
        (TABLE.replace("user", "who").replace("item", "what"), {}, "which column is the user.*who: u0"),
        (
            TABLE.replace("stars", "value"),
            {"target": "take"},
            "ratings or counts.*--rating value, or",
        ),
        ("PK\x03\x04 and so on", {}, "archive"),
        (gzip.compress(b"user,item\nu1,i1\n", mtime=0), {}, "what .gz stands for"),
        (b"\xef\xbb\xbf\n", {}, "is empty"),
        (b"\xfe\xff" + TABLE.encode("utf-16-be"), {}, "big-endian UTF-16.*UTF-8"),
        (
            TABLE.replace("stars", "time") + "u1,i1,take,-99999999999999\n",
            {"target": "take"},
            "182: The time",
        ),
        ('user,item\nu1,"i1\nu2,i2\n', {}, "line 2: A quotation mark"),
        (TABLE, {"separator": "-----"}, "No two columns"),
        ("user,item,item\n" + "u1,i1,j1\n" * 9, {}, "--item 2 .*2, 3"),
    ],
)
def test_what_is_wrong_is_said_with_its_cure(tmp_path, text, hints, message):
    with pytest.raises(DataError, match=message):
        try_out(described(tmp_path / "log.csv", text, **hints))


@pytest.mark.parametrize("begins", ["\ufeff", "\n \n", "\ufeff\n"])
def test_what_stands_before_the_header_is_no_part_of_it(tmp_path, begins):
    text = begins + lines('"user","item"', lambda u, i: f"u{u},i{i}")
    proposal = described(tmp_path / "log.csv", text)
    assert proposal.dataset.columns.used == {"user": "user", "item": "item"}
    assert try_out(proposal).report.rows == 180


def test_a_file_without_a_header_keeps_its_first_row(tmp_path):
    plays = lines("", lambda u, i: f"{1000 + u},Game {i},{'play' if i % 2 else 'purchase'},{1 + i}")
    first, second = (line for line in plays.splitlines()[:2])
    for text in (plays.replace("purchase", "play", 1), first.rpartition(",")[0] + ",\n" + second + "\n"):
        with pytest.raises(NeedsAnswer, match="no header"):
            described(tmp_path / "log.csv", text)


def test_behaviours_in_other_letters_stay_apart(tmp_path):
    text = lines("user,item,action", lambda u, i: f"u{u},i{i},{'购买' if i % 3 else '浏览'}")
    dataset = described(tmp_path / "log.csv", text, target="购买").dataset
    assert dataset.behaviours == {"购买": "behaviour_1", "浏览": "behaviour_2"}
    assert (dataset.target, dataset.supportive) == ("behaviour_1", ("behaviour_2",))


def test_a_bad_row_far_down_is_not_blamed_on_the_behaviours(tmp_path):
    text = "user,item,action\n" + "".join(f"u{n % 99},i{n % 77},view\n" for n in range(300_000)) + "u1,i1\n"
    with pytest.raises(DataError, match="line 300002: The row has 2 columns"):
        described(tmp_path / "log.csv", text)


@pytest.mark.parametrize(
    "damage", [lambda packed: packed[: len(packed) // 2], lambda packed: packed[:20] * 9]
)
def test_a_damaged_gzip_file_is_told(tmp_path, damage):
    text = "user,item\n" + "".join(f"u{n * 7919 % 9999},i{n * 104729 % 77777}\n" for n in range(60_000))
    with pytest.raises(DataError, match="gzip file is damaged"):
        described(tmp_path / "log.csv.gz", damage(gzip.compress(text.encode())))


def test_parquet_columns_of_odd_names(tmp_path):
    path = tmp_path / "log.parquet"
    query = """select range % 30 as " user_id", range % 7 as product, 'x' as row,
        case range when 200 then -1 else 1 end as rating from range(210)"""
    duckdb.sql(f"copy ({query}) to '{path}'")
    with pytest.raises(DataError, match=r"row 201: .*'-1'"):
        try_out(described(path))


def test_a_missing_file_and_a_broken_parquet(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        described(tmp_path / "away.csv")
    with pytest.raises(DataError, match="not a whole Parquet"):
        described(tmp_path / "half.parquet", b"PAR1 and no end")


def test_a_sample_of_a_large_file_is_small(tmp_path):
    path = tmp_path / "large.csv"
    path.write_text("user,item\n" + "u1,i1\n" * 2_000_000)
    tracemalloc.start()
    take_sample(path)
    assert tracemalloc.get_traced_memory()[1] < 20 << 20
    tracemalloc.stop()


@pytest.fixture
def proposal(tmp_path):
    return described(tmp_path / "my log.csv", lines("user,item", lambda u, i: f"u{u},i{i}"), name="mine")


def test_the_entry_is_found_with_its_file_linked_or_copied(tmp_path, proposal):
    catalogue, data = tmp_path / "catalog", tmp_path / "data"
    for copy in (False, True):
        write_entry(proposal, catalogue, data, copy=copy)
        dataset = load_catalogue([catalogue])["mine"]
        found = find_files(dataset, search_folders(data))
        assert dataset == proposal.dataset
        assert found.paths["events"].is_symlink() is not copy
        assert found.paths["events"].read_bytes() == (tmp_path / "my log.csv").read_bytes()
    with pytest.raises(DataError, match="--force"):
        check_name("mine", {"mine": dataset}, force=False)


def test_what_cannot_be_written_leaves_nothing(tmp_path, proposal, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device", "there")

    monkeypatch.setattr("recdag.datasets.adding.shutil.copyfile", full)
    with pytest.raises(DataError, match="No space left"):
        write_entry(proposal, tmp_path / "catalog", tmp_path / "data", copy=True)
    assert [path for path in (*tmp_path.glob("catalog/*"), *tmp_path.glob("data/raw/*"))] == []


def test_a_file_that_would_be_read_instead_is_pointed_at(tmp_path, proposal, monkeypatch):
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "mine.csv").write_text("user,item\n")
    monkeypatch.setenv("RECDAG_DATA_DIR", str(other))
    with pytest.raises(DataError, match="would be read instead"):
        write_entry(proposal, tmp_path / "catalog", tmp_path / "data")
    assert not (tmp_path / "catalog").exists()
