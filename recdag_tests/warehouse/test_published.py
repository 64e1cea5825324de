from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from recdag.errors import DataError
from recdag.warehouse import provenance
from recdag.warehouse.published import PublishedDatabase, replace_rows
from recdag.warehouse.schema import SCHEMA, VIEWS


def metrics(model: str, values: list[float], **more: object) -> pd.DataFrame:
    return pd.DataFrame(
        {"dataset": "demo", "paper": "ncf", "model": model, "metric": "ndcg@10", "value": values, **more}
    )


def count(published: PublishedDatabase, table: str = "metrics") -> int:
    with published.reading() as connection:
        row = connection.execute(f"select count(*) from {table}").fetchone()
    assert row is not None
    return row[0]


def test_ensure_makes_all_tables_of_the_contract(tmp_path: Path) -> None:
    published = PublishedDatabase(tmp_path / "new" / "recdag.duckdb")
    published.ensure()
    with published.reading() as connection:
        for table, definition in SCHEMA.items():
            described = connection.execute(f"select * from {table}").description
            assert [column[0] for column in described] == list(definition)
    assert {path.name for path in published.path.parent.iterdir()} == {"recdag.duckdb", "recdag.duckdb.lock"}


def test_every_table_and_column_says_what_it_holds(tmp_path: Path) -> None:
    published = PublishedDatabase(tmp_path / "recdag.duckdb")
    with published.reading() as connection:
        tables = connection.execute("select table_name, comment from duckdb_tables()").fetchall()
        views = connection.execute(
            "select view_name, comment from duckdb_views() where not internal"
        ).fetchall()
        silent = connection.execute(
            "select table_name, column_name from duckdb_columns() where comment is null and not internal"
            " and table_name in (select table_name from duckdb_tables()) and table_name <> 'provenance'"
        ).fetchall()
    assert {name for name, _ in tables} == set(SCHEMA) and {name for name, _ in views} == set(VIEWS)
    assert all(comment for _, comment in tables + views)
    assert silent == []


def test_the_leaderboard_puts_the_best_first_in_each_metrics_own_direction(tmp_path: Path) -> None:
    published = PublishedDatabase(tmp_path / "recdag.duckdb")
    frame = pd.concat(
        [
            metrics("good", [0.9], selection="validation"),
            metrics("bad", [0.2], selection="validation"),
            metrics("good", [0.1], selection="validation").assign(metric="mpr"),
            metrics("bad", [0.5], selection="validation").assign(metric="mpr"),
            metrics("swept", [1.0], selection="validation", study="factors"),
            metrics("on_test", [1.0], selection="as_published"),
        ]
    )
    with published.update() as connection:
        replace_rows(connection, "metrics", frame, dataset="demo")
    with published.reading() as connection:
        rows = connection.execute("select metric, place, model from leaderboard").fetchall()
    assert rows == [("mpr", 1, "good"), ("mpr", 2, "bad"), ("ndcg@10", 1, "good"), ("ndcg@10", 2, "bad")]


def test_file_stays_readable_for_the_older_command_line(tmp_path: Path) -> None:
    published = PublishedDatabase(tmp_path / "recdag.duckdb")
    for _ in range(2):
        with published.update() as connection:
            replace_rows(connection, "metrics", metrics("bpr", [0.5]), model="bpr")
    with published.reading() as connection:
        row = connection.execute(
            "select tags from duckdb_databases() where database_name = current_database()"
        ).fetchone()
    assert row is not None and row[0]["storage_version"].startswith("v1.5")


def test_replace_rows_touches_only_what_matches(tmp_path: Path) -> None:
    published = PublishedDatabase(tmp_path / "recdag.duckdb")
    with published.update() as connection:
        replace_rows(connection, "metrics", metrics("bpr", [0.1, 0.2]), dataset="demo", model="bpr")
        replace_rows(connection, "metrics", metrics("wmf", [0.3]), dataset="demo", model="wmf")
    with published.update() as connection:
        frame = metrics("bpr", [np.nan], created_at=datetime(2026, 1, 2), n_users=7)[::-1]
        assert replace_rows(connection, "metrics", frame, dataset="demo", model="bpr") == 1
        replace_rows(connection, "metrics", pd.DataFrame({"value": [9.0]}), dataset=None, model="it's")
        replace_rows(connection, "metrics", pd.DataFrame({"value": [8.0]}), dataset=None, model="it's")
    with published.reading() as connection:
        found = connection.execute(
            "select dataset, model, value, n_users, created_at, variant from metrics order by model"
        ).fetchall()
    assert found == [
        ("demo", "bpr", None, 7, datetime(2026, 1, 2), None),
        (None, "it's", 8.0, None, None, None),
        ("demo", "wmf", 0.3, None, None, None),
    ]
    with published.update() as connection:
        replace_rows(connection, "metrics", metrics("bpr", []), dataset="demo")
    assert count(published) == 1


def test_times_are_stored_in_utc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    published = PublishedDatabase(tmp_path / "recdag.duckdb")
    with published.update() as connection:
        moment = pd.Timestamp("2026-01-02 10:00", tz="Europe/Berlin")
        replace_rows(connection, "metrics", metrics("bpr", [0.1], created_at=moment), model="bpr")
    with published.reading() as connection:
        found = connection.execute("select created_at from metrics").fetchall()
    assert found == [(datetime(2026, 1, 2, 9),)]


def test_replace_rows_refuses_what_does_not_fit(tmp_path: Path) -> None:
    published = PublishedDatabase(tmp_path / "recdag.duckdb")
    with published.update() as connection:
        replace_rows(connection, "metrics", metrics("bpr", [0.1]), model="bpr")
        with pytest.raises(DataError, match="no column 'ndcg'"):
            replace_rows(connection, "metrics", metrics("bpr", [0.1], ndcg=1), model="bpr")
        with pytest.raises(DataError, match="no column 'modle'"):
            replace_rows(connection, "metrics", metrics("bpr", [0.1]), modle="bpr")
        with pytest.raises(DataError, match="no such published table"):
            replace_rows(connection, "metrics; drop table claims", metrics("bpr", [0.1]), model="bpr")
        with pytest.raises(DataError, match="needs a condition"):
            replace_rows(connection, "metrics", metrics("bpr", [0.1]))
        with pytest.raises(DataError, match="2 new rows do not match"):
            replace_rows(connection, "metrics", metrics("wmf", [0.1, 0.2]), model="bpr")
    assert count(published) == 1


def test_an_exception_leaves_the_old_file(tmp_path: Path) -> None:
    published = PublishedDatabase(tmp_path / "recdag.duckdb")
    published.ensure()
    before = published.path.read_bytes()
    with pytest.raises(KeyboardInterrupt), published.update() as connection:
        replace_rows(connection, "metrics", metrics("bpr", [0.1]), model="bpr")
        raise KeyboardInterrupt
    assert published.path.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"recdag.duckdb", "recdag.duckdb.lock"}


def test_damaged_file_is_kept_and_named(tmp_path: Path) -> None:
    published = PublishedDatabase(tmp_path / "recdag.duckdb")
    published.path.write_bytes(b"junk" * 4000)
    for opened in (published.update, published.reading):
        with pytest.raises(DataError, match=r"recdag\.duckdb: .*delete it and run again"), opened():
            pass
    assert published.path.read_bytes() == b"junk" * 4000


def test_a_file_cut_in_half_is_named(tmp_path: Path) -> None:
    published = PublishedDatabase(tmp_path / "recdag.duckdb")
    with published.update() as connection:
        connection.execute("create table much as select random() as a from range(300000)")
    os.truncate(published.path, published.path.stat().st_size // 2)
    with pytest.raises(DataError, match="delete it and run again"), published.reading() as connection:
        connection.execute("select sum(a) from much").fetchall()


def test_tables_and_columns_of_a_newer_schema_are_added(tmp_path: Path) -> None:
    published = PublishedDatabase(tmp_path / "recdag.duckdb")
    with published.update() as connection:
        replace_rows(connection, "metrics", metrics("bpr", [0.1]), model="bpr")
        connection.execute("alter table metrics drop column device")
        connection.execute("drop table claims")
        connection.execute("create view best as select max(value) as value from metrics")
    with published.update():
        pass
    assert count(published, "claims") == 0
    with published.reading() as connection:
        assert connection.execute("select value, device from metrics").fetchall() == [(0.1, None)]
        assert connection.execute("select value from best").fetchall() == [(0.1,)]


def test_a_file_of_an_earlier_version_is_brought_up_to_this_one_by_who_reads_it(tmp_path: Path) -> None:
    published = PublishedDatabase(tmp_path / "recdag.duckdb")
    with published.update() as connection:
        replace_rows(connection, "metrics", metrics("bpr", [0.1]), model="bpr")
        for name in ("users", "budget_trials", "budget_seconds"):
            connection.execute(f"alter table metrics drop column {name}")
        connection.execute("alter table metrics add column tuning varchar")
        connection.execute("create or replace view leaderboard as select value, tuning from metrics")
    with duckdb.connect(str(published.path)) as connection:
        assert "users" not in [name for name, *_ in connection.execute("describe metrics").fetchall()]
    with published.reading() as connection:
        assert connection.execute("select users, budget_trials from metrics").fetchall() == [("all", None)]
        assert "tuning" not in [name for name, *_ in connection.execute("describe metrics").fetchall()]
        assert connection.execute("select users from metrics").fetchall() == [("all",)]
        assert "budget_trials" in [name for name, *_ in connection.execute("describe leaderboard").fetchall()]


def test_provenance_by_data_set(tmp_path: Path) -> None:
    published = PublishedDatabase(tmp_path / "recdag.duckdb")
    with published.update() as connection:
        provenance.record(connection, "ncf/evaluation", "k", "v", {"n": 1}, dataset="demo")
        provenance.record(connection, "ncf/evaluation", "k2", "v2", {}, dataset="ml-1m")
    with published.reading() as connection:
        found = provenance.find(connection, "ncf/evaluation", dataset="demo")
        assert found is not None and (found.key, found.metadata) == ("k", {"n": 1})
        assert provenance.find(connection, "ncf/evaluation", dataset="other") is None


def test_two_writers_take_turns(tmp_path: Path) -> None:
    published = PublishedDatabase(tmp_path / "recdag.duckdb")

    def add(model: str) -> None:
        for value in range(4):
            with published.update() as connection:
                name = f"{model}{value}"
                replace_rows(connection, "metrics", metrics(name, [value]), model=name)

    threads = [threading.Thread(target=add, args=(model,)) for model in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(published) == 8


WRITER = """
import sys, time
from pathlib import Path
import pandas as pd
from recdag.warehouse.published import PublishedDatabase, replace_rows
published, sleep = PublishedDatabase(Path(sys.argv[1])), float(sys.argv[2])
while True:
    with published.update() as connection:
        replace_rows(connection, "metrics", pd.DataFrame({"value": range(5000)}), model="bpr")
        print("row", flush=True)
        time.sleep(sleep)
"""
READER = """
import sys, duckdb
polls = 0
while True:
    with duckdb.connect(sys.argv[1], read_only=True) as connection:
        assert connection.execute("select count(*) from metrics").fetchone() == (5000,)
    polls += 1
    print(polls, flush=True)
"""


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> tuple[list[str], str]:
    process.kill()
    out, err = process.communicate()
    return out.splitlines(), err


def test_outside_readers_never_fail_while_writers_write(tmp_path: Path) -> None:
    published = PublishedDatabase(tmp_path / "recdag.duckdb")
    with published.update() as connection:
        replace_rows(connection, "metrics", pd.DataFrame({"value": range(5000)}), model="bpr")
    reader, writer = start(READER, published.path), start(WRITER, published.path, 0)
    assert reader.stdout is not None and writer.stdout is not None
    assert reader.stdout.readline() == "1\n"
    updates = [writer.stdout.readline() for _ in range(8)]
    running = reader.poll() is None
    polls, errors = finish(reader)
    finish(writer)
    assert running, errors
    assert updates == ["row\n"] * 8 and len(polls) > 3


def test_a_killed_writer_leaves_the_old_file_and_no_rubbish_for_long(tmp_path: Path) -> None:
    published = PublishedDatabase(tmp_path / "recdag.duckdb", lock_minutes=0.2)
    published.ensure()
    before = published.path.read_bytes()
    writer = start(WRITER, published.path, 60)
    assert writer.stdout is not None and writer.stdout.readline() == "row\n"
    finish(writer)
    assert published.path.read_bytes() == before
    assert (tmp_path / "recdag.duckdb.next").exists()
    with published.update() as connection:
        replace_rows(connection, "metrics", metrics("wmf", [1.0]), model="wmf")
    assert count(published) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"recdag.duckdb", "recdag.duckdb.lock"}


def test_a_log_that_another_program_left_is_taken_over(tmp_path: Path) -> None:
    published = PublishedDatabase(tmp_path / "recdag.duckdb")
    published.ensure()
    code = "import duckdb, os, sys; c = duckdb.connect(sys.argv[1])"
    code += "; c.execute('create table mine as select 1 as a'); os._exit(1)"
    subprocess.run([sys.executable, "-c", code, str(published.path)], check=False)
    assert (tmp_path / "recdag.duckdb.wal").exists()
    with published.update():
        pass
    assert not (tmp_path / "recdag.duckdb.wal").exists()
    assert count(published, "mine") == 1


def test_an_open_reader_keeps_its_snapshot(tmp_path: Path) -> None:
    published = PublishedDatabase(tmp_path / "recdag.duckdb")
    with published.reading() as connection:
        with published.update() as other:
            replace_rows(other, "metrics", metrics("bpr", [0.1]), model="bpr")
        assert connection.execute("select count(*) from metrics").fetchone() == (0,)
    assert count(published) == 1


def test_size_stays_bounded(tmp_path: Path) -> None:
    published = PublishedDatabase(tmp_path / "recdag.duckdb")
    rng = np.random.default_rng(0)
    users = np.arange(4_000).astype(str)

    def write(model: str) -> None:
        frame = pd.DataFrame({"user_key": users, "metric": "ndcg@10", "value": rng.random(4_000)})
        with published.update() as connection:
            replace_rows(connection, "user_metrics", frame, dataset="demo", model=model)

    for model in "abcde":
        write(model)
    first = published.path.stat().st_size
    sizes = []
    for turn in range(30):
        write("abcde"[turn % 5])
        sizes.append(published.path.stat().st_size)
    assert count(published, "user_metrics") == 20_000
    assert max(sizes[15:]) <= max(sizes[:15])
    assert max(sizes) < 3 * first


def test_a_failed_first_update_leaves_no_file(tmp_path: Path) -> None:
    published = PublishedDatabase(tmp_path / "recdag.duckdb")
    with pytest.raises(duckdb.CatalogException), published.update() as connection:
        connection.execute("select * from missing")
    assert not published.path.exists()
