from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

from recdag.errors import DataError
from recdag.warehouse.provenance import record
from recdag.warehouse.store import Warehouse, content_hash


def test_commits_and_records_provenance(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    assert warehouse.provenance("tiny", "events") is None
    with warehouse.writing("tiny") as connection:
        connection.execute("create table events as select 1 as a")
        record(connection, "events", "key-1", "v1", {"rows": 1})
    with warehouse.writing("tiny") as connection:
        record(connection, "events", "key-2", "v2", {"rows": 2, "names": ["a"]})
    found = warehouse.provenance("tiny", "events")
    assert found is not None
    assert (found.key, found.data_version, found.metadata) == ("key-2", "v2", {"rows": 2, "names": ["a"]})
    assert abs(found.created_at.timestamp() - time.time()) < 60
    assert warehouse.provenance("tiny", "binarized") is None
    with warehouse.reading("tiny") as connection:
        assert connection.execute("select count(*) from provenance").fetchone() == (1,)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_any_exception_rolls_back(tmp_path: Path, error: type[BaseException]) -> None:
    warehouse = Warehouse(tmp_path)
    with warehouse.writing("tiny") as connection:
        connection.execute("create table events as select 1 as a")
    with pytest.raises(error), warehouse.writing("tiny") as connection:
        connection.execute("create or replace table events as select 2 as a")
        raise error
    with pytest.raises(duckdb.CatalogException), warehouse.writing("tiny") as connection:
        connection.execute("insert into events values (3)")
        connection.execute("select * from missing")
    with warehouse.reading("tiny") as connection:
        assert connection.execute("select a from events").fetchall() == [(1,)]


def test_reading_is_read_only_and_needs_a_file(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    with pytest.raises(DataError, match="nothing is stored"), warehouse.reading("tiny"):
        pass
    assert not warehouse.path("tiny").exists()
    with warehouse.writing("tiny"):
        pass
    with pytest.raises(duckdb.InvalidInputException), warehouse.reading("tiny") as connection:
        connection.execute("create table a (b int)")


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "a b", "x\0"])
def test_names_stay_inside_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="cannot name a data set"):
        Warehouse(tmp_path).path(name)


@pytest.mark.parametrize("content", [b"", b"no database" * 5000])
def test_damaged_file_says_what_to_do(tmp_path: Path, content: bytes) -> None:
    warehouse = Warehouse(tmp_path)
    warehouse.path("tiny").parent.mkdir()
    warehouse.path("tiny").write_bytes(content)
    for opened in (warehouse.writing, warehouse.reading):
        with pytest.raises(DataError, match="delete it and run again"), opened("tiny"):
            pass
    assert warehouse.path("tiny").read_bytes() == content


def test_damaged_block_says_what_to_do(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    with warehouse.writing("tiny") as connection:
        connection.execute("create table events as select random() as a from range(300000)")
    with warehouse.reading("tiny") as connection:
        blocks = connection.execute(
            "select distinct block_id from pragma_storage_info('events') where segment_type = 'DOUBLE'"
        ).fetchall()
    content = bytearray(warehouse.path("tiny").read_bytes())
    for (block,) in blocks:
        # Three headers of 4 KiB, then blocks of 256 KiB.
        start = 3 * 4096 + block * 262144 + 1000
        content[start : start + 64] = b"\xff" * 64
    warehouse.path("tiny").write_bytes(content)
    with warehouse.reading("tiny") as connection:
        assert connection.execute("select count(*) from provenance").fetchall() == [(0,)]
    with pytest.raises(DataError, match="delete it and run again"), warehouse.reading("tiny") as connection:
        connection.execute("select sum(a) from events").fetchall()


def test_a_file_cut_in_half_says_what_to_do(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    with warehouse.writing("tiny") as connection:
        connection.execute("create table events as select random() as a from range(300000)")
    path = warehouse.path("tiny")
    os.truncate(path, path.stat().st_size // 2)
    with (
        pytest.raises(DataError, match=r"tiny\.duckdb: .*delete it and run again"),
        warehouse.reading("tiny") as connection,
    ):
        connection.execute("select sum(a) from events").fetchall()


def test_what_may_only_be_read_is_read_without_a_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = Warehouse(tmp_path)
    with warehouse.writing("tiny") as connection:
        connection.execute("create table events as select 1 as a")

    def denied(self: FileLock, **options: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", self.lock_file)

    monkeypatch.setattr(FileLock, "acquire", denied)
    with warehouse.reading("tiny") as connection:
        assert connection.execute("select a from events").fetchall() == [(1,)]
    with pytest.raises(OSError, match="Read-only"), warehouse.writing("tiny"):
        pass


def test_a_second_writer_waits_then_names_the_holder(tmp_path: Path) -> None:
    patient, hasty = Warehouse(tmp_path), Warehouse(tmp_path, lock_minutes=0.002)
    order = []

    def wait() -> None:
        with patient.writing("tiny") as connection:
            order.append(connection.execute("select max(a) from events").fetchone())

    with patient.writing("tiny") as connection:
        connection.execute("create table events as select 7 as a")
        thread = threading.Thread(target=wait)
        thread.start()
        with pytest.raises(DataError, match=f"held by process {os.getpid()} "), hasty.reading("tiny"):
            pass
        order.append("first")
    thread.join(timeout=20)
    assert order == ["first", (7,)]


def test_another_program_with_the_file_open(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path, lock_minutes=0.002)
    with warehouse.writing("tiny"):
        pass
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, str(warehouse.path("tiny"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "open\n"
        with pytest.raises(DataError, match=f"another program has the file open.*{other.pid}"):
            warehouse.provenance("tiny", "events")
        other.communicate("")
    assert warehouse.provenance("tiny", "events") is None


def test_a_killed_writer_frees_the_lock_and_leaves_nothing(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path, lock_minutes=0.2)
    with warehouse.writing("tiny") as connection:
        connection.execute("create table events as select 1 as a")
    code = """
import sys, time
from pathlib import Path
from recdag.warehouse.provenance import record
from recdag.warehouse.store import Warehouse
with Warehouse(Path(sys.argv[1])).writing("tiny") as connection:
    connection.execute("create or replace table events as select random() as a from range(500000)")
    print("busy", flush=True)
    time.sleep(60)
"""
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "busy\n"
        other.kill()
    with warehouse.reading("tiny") as connection:
        assert connection.execute("select a from events").fetchall() == [(1,)]


def test_content_hash(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create table a as select i as x, i * 0.5 as y, 't' || i as z from range(1000) r(i)")
    original = content_hash(connection, "a")
    connection.execute("create table shuffled as select * from a order by hash(x)")
    assert content_hash(connection, "shuffled") == original
    changes = {
        "swapped": "select x, case x when 1 then 1.0 when 2 then 0.5 else y end as y, z from a",
        "one_more": "select * from a union all select * from a where x = 5",
        "two_more": "select * from a union all select a.* from a, range(2) where x = 5",
        "with_null": "select x, nullif(y, 3.5) as y, z from a",
        "renamed": "select x, y, z as w from a",
        "type": "select x::integer as x, y, z from a",
    }
    hashes = {original}
    for name, query in changes.items():
        connection.execute(f"create table {name} as {query}")
        hashes.add(content_hash(connection, name))
    assert len(hashes) == 1 + len(changes)
    with pytest.raises(DataError, match="no such table"):
        content_hash(connection, "missing")
