"""`recdag datasets add` as a user types it, and what the graph makes of it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import numpy as np
import pytest
from dagster import AssetKey

from recdag.orchestration.definitions import build_defs
from recdag_tests.command import recdag

SCRIPT = "from recdag.cli import main; main()"


def command(*arguments):
    return [sys.executable, "-W", "ignore", "-c", SCRIPT, "datasets", "add", *map(str, arguments)]


def add(*arguments):
    return recdag("datasets", "add", *arguments)


@pytest.fixture
def log(tmp_path):
    """60 users of either taste look at and take one half of 40 things."""
    rng = np.random.default_rng(0)
    rows = [
        f"{1000 + user} {item} {'take' if n < 6 else 'look'}"
        for user in range(60)
        for n, item in enumerate(rng.choice(20, 12, replace=False) + 20 * (user % 2))
    ]
    path = tmp_path / "things.txt"
    path.write_text("\n".join(rows) + "\n")
    return path


def test_what_looks_like_markup_is_shown_as_it_is(home, tmp_path):
    path = tmp_path / "[b]old.csv"
    path.write_text("user,item,[i]note\n" + "".join(f"u{n % 9},[/b]{n % 7},x\n" for n in range(63)))
    shown = add(path)
    assert shown.returncode == 0 and "[/b]3" in shown.stdout and "Not used: [i]note" in shown.stdout
    again = add(tmp_path / "[b]away.csv")
    assert again.returncode == 1 and f"{tmp_path}/[b]away.csv: There is no such file" in again.stderr


def test_a_file_becomes_a_partition(home, log):
    asked = add(log)
    assert asked.returncode == 1 and "--user 1 --item 2" in asked.stderr
    asked = add(log, "--user", 1, "--item", 2)
    assert asked.returncode == 1 and "--target" in asked.stderr and "look" in asked.stderr
    assert not (home / "data" / "added" / "things.yaml").exists()
    assert not (home / "data" / "raw" / "things").exists()

    added = add(log, "--user", 1, "--item", 2, "--target", "take")
    assert added.returncode == 0, added.stderr
    assert "720 rows, 60 users, 40 items" in added.stdout and "1000" in added.stdout
    assert "recdag run --dataset things" in added.stdout and "No times" in added.stdout
    partitions = build_defs().resolve_asset_graph().get(AssetKey("events")).partitions_def
    assert "things" in partitions.get_partition_keys()

    again = add(log, "--user", 1, "--item", 2, "--target", "take")
    assert again.returncode == 1 and "--force" in again.stderr and "Traceback" not in again.stderr
    assert add(log, "--user", 1, "--item", 2, "--target", "look", "--force").returncode == 0


def test_a_terminal_is_asked_only_what_the_file_does_not_tell(home, log):
    master, slave = pty.openpty()
    process = subprocess.Popen(command(log), stdin=slave, stdout=slave, stderr=slave, env=os.environ)
    os.close(slave)
    os.write(master, b"\n\ntake\n")
    shown = b""
    try:
        while chunk := os.read(master, 4096):
            shown += chunk
    except OSError:  # the other end is closed
        pass
    assert process.wait() == 0, shown.decode()
    assert b"which column is the user" in shown and b"to be predicted" in shown
    entry = (home / "data" / "added" / "things.yaml").read_text()
    assert "target: take" in entry and "user: 1" in entry and "item: 2" in entry


@pytest.fixture
def plays(tmp_path):
    """Play times of 60 users, with what else a shop would export."""
    rng = np.random.default_rng(1)
    path = tmp_path / "plays.csv"
    rows = [f"u{n % 60},g{rng.integers(30)},{rng.integers(9)},{n % 2 == 0},{n % 3}" for n in range(600)]
    path.write_text("user,game,Hours,gift,shelf\n" + "\n".join(rows) + "\n")
    return path


def test_a_script_is_told_of_columns_that_matter(home, plays):
    asked = add(plays)
    assert asked.returncode == 1 and "Traceback" not in asked.stderr
    assert "Hours (0 to 8)" in asked.stderr and "gift (False or True)" in asked.stderr
    titles = plays.with_name("games.csv")
    titles.write_text("game,title\n" + "".join(f"g{n},Game {n}\n" for n in range(25)))
    added = add(plays, "--count", "Hours", "--ignore", "gift", "--items", titles)
    assert added.returncode == 0, added.stderr
    assert "Counts from 0 to 8; a positive is any above 0" in added.stdout
    assert "Not used: gift, shelf" in added.stdout and "Titles of 25 of 30 items" in added.stdout
    assert (home / "data" / "raw" / "plays" / "plays.items.csv").exists()


def test_a_terminal_is_asked_for_columns_that_matter(home, plays):
    master, slave = pty.openpty()
    process = subprocess.Popen(command(plays), stdin=slave, stdout=slave, stderr=slave, env=os.environ)
    os.close(slave)
    os.write(master, b"none\n")
    shown = b""
    try:
        while chunk := os.read(master, 4096):
            shown += chunk
    except OSError:  # the other end is closed
        pass
    assert process.wait() == 0, shown.decode()
    assert b"count (Hours, gift, shelf, none) [Hours]:" in shown and b"Not used: Hours, gift, shelf" in shown


def test_a_text_in_two_encodings_is_not_taken_without_a_word(home, tmp_path):
    path = tmp_path / "log.csv"
    rows = "".join(f"u{n % 9},Café {n % 7}\n" for n in range(63))
    path.write_bytes(b"user,item\n" + rows.encode() + rows.encode("latin-1"))
    assert "Read as latin-1, for it is not UTF-8 throughout" in add(path).stdout
