"""A full disk and too little memory are told from other errors, as the libraries really raise them."""

import errno
import json
import os
import sqlite3
import subprocess
import sys

import pytest
from sqlalchemy.exc import OperationalError

from recdag.graph.machine_errors import machine_error

PROGRAM = """
import json, os, resource, signal, sys
from pathlib import Path
import duckdb, numpy as np, torch
from safetensors.torch import save_file
from recdag.graph.machine_errors import machine_error
from recdag.training.checkpoints import save_checkpoint

def write_table():
    with duckdb.connect("a.duckdb", config={"threads": "1"}) as connection:
        connection.execute("create table t as select random() from range(100000)")
        connection.execute("checkpoint")

def sort_much():
    with duckdb.connect(config={"memory_limit": "10MB", "temp_directory": "", "threads": "1"}) as connection:
        connection.execute("select list(i) from range(10000000) t(i)").fetchall()

FAULTS = {
    "checkpoint": (resource.RLIMIT_FSIZE, lambda: save_checkpoint(Path("fit.pt"), {"w": torch.ones(10**5)})),
    "weights": (resource.RLIMIT_FSIZE, lambda: save_file({"w": torch.ones(10**5)}, "w.safetensors")),
    "table": (resource.RLIMIT_FSIZE, write_table),
    "query": (None, sort_much),
    "numpy": (resource.RLIMIT_AS, lambda: np.ones(10**10)),
    "torch": (resource.RLIMIT_AS, lambda: torch.ones(10**10)),
}
LIMITS = {resource.RLIMIT_FSIZE: 100_000, resource.RLIMIT_AS: 8 << 30}
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
for name, (limit, fault) in FAULTS.items():
    if os.fork() == 0:
        if limit is not None:
            resource.setrlimit(limit, (LIMITS[limit],) * 2)
        try:
            fault()
        except Exception as error:
            os.write(1, (json.dumps([name, str(machine_error(error) or repr(error))]) + "\\n").encode())
        os._exit(0)
    os.wait()
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What is said of every fault, each caused in a process of its own with little disk or memory."""
    folder = tmp_path_factory.mktemp("faults")
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM],
        stdout=subprocess.PIPE, text=True, cwd=folder, env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=True,
    )  # fmt: skip
    assert not (folder / "fit.pt").exists()
    return dict(map(json.loads, run.stdout.splitlines()))


@pytest.mark.parametrize("fault", ["checkpoint", "weights", "table"])
def test_a_full_disk_is_recognised(told, fault):
    assert "the disk is full" in told[fault] and "Free some space and run again" in told[fault]


@pytest.mark.parametrize("fault", ["query", "numpy", "torch"])
def test_too_little_memory_is_recognised(told, fault):
    assert "memory ran out" in told[fault] and "run again" in told[fault]


def test_the_cause_of_an_error_counts():
    outer = RuntimeError("the writer failed")
    outer.__cause__ = OSError(errno.ENOSPC, "No space left on device", "/somewhere/a")
    found = machine_error(outer)
    assert found is not None and found.where == "/somewhere/a"


def sqlite(message):
    return OperationalError("insert into event_logs", {}, sqlite3.OperationalError(message))


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (sqlite("disk I/O error"), "the disk is full"),
        (sqlite("database or disk is full"), "the disk is full"),
        (sqlite("attempt to write a readonly database"), "the project's folder: it may not be written"),
        (sqlite("unable to open database file"), "set RECDAG_HOME to a folder of your own"),
        (OSError(errno.EROFS, "Read-only file system", "/a/b.lock"), "/a/b.lock: it may not be written"),
        (PermissionError(errno.EACCES, "Permission denied", "/a/b"), "/a/b: it may not be written"),
        (IsADirectoryError(errno.EISDIR, "Is a directory", "/a/b.next"), "/a/b.next: something else lies"),
    ],
)
def test_what_keeps_a_folder_from_being_written_is_told(error, told):
    assert told in str(machine_error(error))


@pytest.mark.parametrize("error", [OSError(errno.EACCES, "denied"), ValueError("memory"), RuntimeError("x")])
def test_other_errors_are_not_touched(error):
    assert machine_error(error) is None
