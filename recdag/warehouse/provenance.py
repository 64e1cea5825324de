"""What a stored asset was made from: its cache key, the version of its content, its metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from duckdb import DuckDBPyConnection

from recdag.sql_text import columns, equality, identifier

COLUMNS = {
    "asset": "VARCHAR",
    "key": "VARCHAR",
    "data_version": "VARCHAR",
    "metadata": "JSON",
    "created_at": "TIMESTAMP",
}


@dataclass(frozen=True)
class Provenance:
    """How the stored state of an asset came to be.

    Attributes:
        asset: name of the asset.
        key: hash over input versions, code version, configuration and seed.
        data_version: hash of the content.
        metadata: what the asset reported when it was made.
        created_at: when, in UTC.
    """

    asset: str
    key: str
    data_version: str
    metadata: dict[str, Any]
    created_at: datetime


def record(
    connection: DuckDBPyConnection,
    asset: str,
    key: str,
    data_version: str,
    metadata: Mapping[str, Any],
    **scope: str,
) -> None:
    """Write the provenance of an asset, in place of an older one.

    Args:
        metadata: plain values that JSON can hold.
        scope: further columns of the table, for example `dataset`.
    """
    forget(connection, asset, **scope)
    row = {
        **scope,
        "asset": asset,
        "key": key,
        "data_version": data_version,
        "metadata": json.dumps(metadata),
        "created_at": datetime.now(UTC).replace(tzinfo=None),
    }
    names, marks = ", ".join(map(identifier, row)), ", ".join("?" * len(row))
    connection.execute(f"insert into provenance ({names}) values ({marks})", list(row.values()))


def forget(connection: DuckDBPyConnection, asset: str, **scope: str) -> None:
    """Remove the provenance of an asset, where there is one."""
    condition, parameters = equality({**scope, "asset": asset})
    connection.execute(f"delete from provenance where {condition}", parameters)


def find(connection: DuckDBPyConnection, asset: str, **scope: str) -> Provenance | None:
    """The provenance of an asset, None where it was never recorded."""
    if not columns(connection, "provenance"):
        return None
    condition, parameters = equality({**scope, "asset": asset})
    rows = connection.execute(
        f"select asset, key, data_version, metadata, created_at from provenance where {condition}", parameters
    ).fetchall()
    return _provenance(rows[0]) if rows else None


def all_records(connection: DuckDBPyConnection) -> list[Provenance]:
    """The provenance of all assets recorded."""
    if not columns(connection, "provenance"):
        return []
    rows = connection.execute("select asset, key, data_version, metadata, created_at from provenance")
    return [_provenance(row) for row in rows.fetchall()]


def _provenance(row: Sequence[Any]) -> Provenance:
    return Provenance(row[0], row[1], row[2], json.loads(row[3]), row[4].replace(tzinfo=UTC))
