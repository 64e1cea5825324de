"""Splits as tables: those that the protocols make and the one that authors published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from duckdb import DuckDBPyConnection

from recdag.errors import DataError
from recdag.evaluation.protocols import PublishedSplit
from recdag.evaluation.split import PARTS, Assignment
from recdag.sql_text import arrays, columns, identifier, scalar


def write_split(connection: DuckDBPyConnection, protocol: str, assignment: Assignment) -> dict[str, Any]:
    """Store an assignment in `split_<protocol>(fold, part, user_id, item_id, weight)`, sorted, and
    its candidates in `candidates_<protocol>(part, user_id, position, item_id)`.

    Returns:
        rows, folds, and the number of rows of each part.

    Raises:
        DataError: where the name of the protocol is not a plain one, or the assignment is empty.
    """
    split, candidates = _tables(protocol)
    if len(assignment.user) == 0:
        raise DataError("the split is empty", where=protocol, cure="Use a data set with more interactions.")
    _create_candidates(connection, candidates)
    # DuckDB does not take arrays that are read backwards.
    rows = {
        "fold": np.ascontiguousarray(assignment.fold, dtype=np.int16),
        "part": np.ascontiguousarray(assignment.part, dtype=np.int8),
        "user_id": np.ascontiguousarray(assignment.user, dtype=np.int32),
        "item_id": np.ascontiguousarray(assignment.item, dtype=np.int32),
        "weight": np.ascontiguousarray(assignment.weight, dtype=np.float32),
    }
    connection.register("new_rows", rows)
    connection.execute(
        f"create or replace table {split} as"
        " select fold, list_extract(?::varchar[], part + 1) as part, user_id, item_id, weight"
        " from new_rows order by fold, new_rows.part, user_id, item_id",
        [list(PARTS)],
    )
    connection.unregister("new_rows")
    for part, (users, items) in assignment.candidates.items():
        _insert_candidates(connection, candidates, part, users, items)
    parts = connection.execute(f"select part, count(*) from {split} group by part order by part").fetchall()
    return {
        "rows": len(assignment.user),
        "folds": scalar(connection, f"select count(distinct fold) from {split}"),
        **dict(parts),
    }


def clear_split(connection: DuckDBPyConnection, protocol: str) -> dict[str, Any]:
    """Store a split without rows: that of a protocol that the data do not allow."""
    split, candidates = _tables(protocol)
    connection.execute(
        f"create or replace table {split}"
        " (fold SMALLINT, part VARCHAR, user_id INTEGER, item_id INTEGER, weight FLOAT)"
    )
    _create_candidates(connection, candidates)
    return {"rows": 0, "folds": 0}


def read_assignment(connection: DuckDBPyConnection, protocol: str) -> Assignment:
    """What `write_split` stored; rows in the order fold, part, user, item, candidates by user.

    Raises:
        DataError: where there is no such split.
    """
    split, candidates = _tables(protocol)
    if not columns(connection, f"split_{protocol}"):
        raise DataError("the split has not been made", where=protocol, cure="Materialize it first.")
    cells = arrays(
        connection,
        "select fold, (list_position(?::varchar[], part) - 1)::tinyint as part, user_id, item_id, weight"
        f" from {split}",
        [list(PARTS)],
    )
    parts = connection.execute(f"select distinct part from {candidates} order by part").fetchall()
    return Assignment(
        fold=cells["fold"],
        part=cells["part"],
        user=cells["user_id"],
        item=cells["item_id"],
        weight=cells["weight"],
        candidates={part: _read_candidates(connection, candidates, "part = ?", [part]) for (part,) in parts},
    )


def read_published_split(connection: DuckDBPyConnection) -> PublishedSplit | None:
    """The split that came with the data set's files, None where there was none."""
    if not columns(connection, "published_split") or not scalar(
        connection, "select count(*) from published_split"
    ):
        return None
    pairs = {
        part: arrays(connection, "select user_id, item_id from published_split where part = ?", [part])
        for part in ("train", "test")
    }
    users, candidates = _read_candidates(connection, "published_candidates", "true", [])
    return PublishedSplit(
        train_user=pairs["train"]["user_id"],
        train_item=pairs["train"]["item_id"],
        test_user=pairs["test"]["user_id"],
        test_item=pairs["test"]["item_id"],
        candidate_user=users,
        candidates=candidates,
    )


def _tables(protocol: str) -> tuple[str, str]:
    identifier(protocol)
    return identifier(f"split_{protocol}"), identifier(f"candidates_{protocol}")


def _create_candidates(connection: DuckDBPyConnection, candidates: str) -> None:
    connection.execute(
        f"create or replace table {candidates}"
        " (part VARCHAR, user_id INTEGER, position INTEGER, item_id INTEGER)"
    )


def _insert_candidates(
    connection: DuckDBPyConnection, table: str, part: str, users: np.ndarray, items: np.ndarray
) -> None:
    row, position = np.nonzero(items >= 0)
    rows = {
        "user_id": users[row].astype(np.int32, copy=False),
        "position": position.astype(np.int32),
        "item_id": items[row, position].astype(np.int32, copy=False),
    }
    connection.register("new_rows", rows)
    connection.execute(
        f"insert into {table} select ?, user_id, position, item_id from new_rows order by user_id, position",
        [part],
    )
    connection.unregister("new_rows")


def _read_candidates(
    connection: DuckDBPyConnection, table: str, condition: str, parameters: Sequence[object]
) -> tuple[np.ndarray, np.ndarray]:
    cells = arrays(
        connection, f"select user_id, position, item_id from {table} where {condition}", parameters
    )
    users, row = np.unique(cells["user_id"], return_inverse=True)
    items = np.full((len(users), cells["position"].max(initial=-1) + 1), -1, dtype=np.int32)
    items[row, cells["position"]] = cells["item_id"]
    return users, items
