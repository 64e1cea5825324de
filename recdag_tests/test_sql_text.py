from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recdag.errors import DataError
from recdag.sql_text import literal, quoted, reader

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=30)


@settings(deadline=None)
@given(TEXT)
def test_any_text_comes_back(text: str) -> None:
    with duckdb.connect() as connection:
        assert connection.execute(f"SELECT {literal(text)} AS {quoted(text)}").fetchall() == [(text,)]


@pytest.mark.parametrize(
    "name", ["it's.csv", "a*.csv", "b[1].csv", "q?.csv", "; drop table x --.csv", 'say "x".csv']
)
def test_a_path_names_exactly_one_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("u\n1\n")
    for decoy in ("aX.csv", "b1.csv", "qX.csv"):
        (tmp_path / decoy).write_text("u\n2\n")
    with duckdb.connect() as connection:
        query = f"SELECT * FROM {reader('read_csv', tmp_path / name, header=True)}"
        assert connection.execute(query).fetchall() == [(1,)]


def test_nul_is_refused() -> None:
    with pytest.raises(DataError, match="NUL"):
        literal("a\0b")


def test_literals_of_other_kinds() -> None:
    assert literal(True) == "true"
    assert literal(4) == "4"
    with duckdb.connect() as connection:
        assert connection.execute(f"SELECT {literal({'a': 'b'})}").fetchall() == [({"a": "b"},)]
