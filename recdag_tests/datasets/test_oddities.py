"""Files that are nearly right: long lines, mixed line ends, a header twice, names that look alike."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pytest

from recdag.datasets.adding import Preview, try_out
from recdag.datasets.import_hints import ImportHints
from recdag.datasets.proposing import LogFile, propose
from recdag.errors import DataError

ROWS = [f"u{n % 9},i{n % 7}" for n in range(63)]
LONG = "u1," + "x" * 3_000_000


def tried(path: Path, text: str | bytes, **hints) -> Preview:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return try_out(propose([LogFile(path)], ImportHints(**hints)))


@pytest.mark.parametrize("line", [0, 1, 40])
def test_a_line_that_is_too_long_is_told_by_its_number(tmp_path, line):
    lines = ["user,item", *ROWS]
    lines[line] = LONG
    with pytest.raises(DataError, match=rf"log\.csv, line {line + 1}: The line is longer than 2 MiB"):
        tried(tmp_path / "log.csv", "\n".join(lines))


def test_a_long_line_below_the_sample_is_told_as_well(tmp_path):
    lines = ["user,item", *ROWS * 50, LONG]
    with pytest.raises(DataError, match=rf"line {len(lines)}: The line is longer than 2 MiB"):
        tried(tmp_path / "log.csv", "\n".join(lines))


def test_a_packed_line_of_any_length_takes_little_memory(tmp_path):
    packed = gzip.compress(b"user,item\n" + b"x" * 200_000_000)
    tracemalloc.start()
    with pytest.raises(DataError, match="line 2: The line is longer than 2 MiB"):
        tried(tmp_path / "log.csv.gz", packed)
    assert tracemalloc.get_traced_memory()[1] < 60 << 20
    tracemalloc.stop()


@pytest.mark.parametrize(("first", "then"), [("\r\n", "\n"), ("\n", "\r\n"), ("\n", "\r")])
def test_mixed_line_ends_are_told_by_their_line(tmp_path, first, then):
    text = first.join(["user,item", *ROWS[:30]]) + then + then.join(ROWS[30:]) + then
    with pytest.raises(DataError, match=r"line 31: The line ends otherwise .* in one way"):
        tried(tmp_path / "log.csv", text)


def test_a_header_between_rows_is_told(tmp_path):
    text = "\n".join(["user,item", *ROWS, "user,item", *ROWS])
    with pytest.raises(DataError, match=r"line of column names is there twice.*'user,item'"):
        tried(tmp_path / "log.csv", text)


def test_counts_that_cannot_be_added_are_told_by_their_line(tmp_path):
    text = "user,item,count\n" + "".join(f"{row},{n}\n" for n, row in enumerate(ROWS)) + "u1,i1,1e308\n"
    with pytest.raises(DataError, match=r"line 65: The value is not a number from 0 to 1e\+15: '1e308'"):
        tried(tmp_path / "log.csv", text)


def test_names_that_look_like_slips_are_counted(tmp_path):
    odd = [" u1,i1", "u1,i1\u00a0", "NULL,i1", "u2,nan", "caf\u00e9,i1", "cafe\u0301,i2", "\u00e9,i3"]
    preview = tried(tmp_path / "log.csv", "\n".join(["user,item", *ROWS, *odd]))
    told = {what: count for what, count in preview.report.oddities.items() if what.startswith("users or")}
    assert list(told.values()) == [2, 2, 1]
    assert [what.split(" items ")[1][:7] for what in told] == ["with bl", "called ", "written"]
    assert preview.users == 9 + 5
