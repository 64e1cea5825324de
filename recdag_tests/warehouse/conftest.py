from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import duckdb
import pyarrow as pa
import pytest


@dataclass(frozen=True)
class StubDataset:
    """The fields of a catalogue entry that the warehouse looks at."""

    name: str = "tiny"
    target: str = "buy"
    supportive: tuple[str, ...] = ()
    value_kind: str = "count"
    min_value: float | None = None
    min_user_interactions: int = 1
    min_item_interactions: int = 1


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@pytest.fixture
def make_dataset() -> Callable[..., StubDataset]:
    return StubDataset


@pytest.fixture
def stage() -> Callable[..., None]:
    """stage(connection, rows) creates `staged_events` of (user, item, behaviour, value, time) rows."""

    def create(connection: duckdb.DuckDBPyConnection, rows: list[tuple[object, ...]]) -> None:
        names = ("user_key", "item_key", "behaviour", "value", "time")
        types = (pa.string(), pa.string(), pa.string(), pa.float64(), pa.int64())
        table = pa.table(
            [[row[n] for row in rows] for n in range(5)], schema=pa.schema(zip(names, types, strict=True))
        )
        connection.register("given", table)
        connection.execute("create or replace temp table staged_events as select * from given")
        connection.unregister("given")

    return create
