"""From a pipeline step's outcome to what Dagster stores and shows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import dagster as dg

from recdag.errors import RecdagError
from recdag.graph.step import Outcome
from recdag.graph.trouble import trouble
from recdag.warehouse import descriptions


@contextmanager
def user_errors() -> Iterator[None]:
    """Show an error a user can act on as its message."""
    try:
        yield
    except RecdagError as error:
        raise dg.Failure(description=str(error)) from error
    except Exception as error:
        if (known := trouble(error)) is None:
            raise
        raise dg.Failure(description=str(known)) from error


def materialized(outcome: Outcome, **extra: Any) -> dg.MaterializeResult:
    """The result of an asset, with its content's version and its metadata."""
    metadata = dict(outcome.metadata)
    columns = metadata.pop("columns", None)
    rows = metadata.pop("rows", None)
    shown: dict[str, Any] = {name: _shown(value) for name, value in metadata.items()}
    if columns is not None:
        shown["dagster/column_schema"] = table_schema(columns)
    if rows is not None:
        shown["dagster/row_count"] = rows
    return dg.MaterializeResult(
        data_version=dg.DataVersion(outcome.data_version),
        metadata={**extra, **shown, "cached": outcome.cached},
    )


def left_out(reason: str) -> dg.MaterializeResult:
    """The result of an asset that the data do not allow: nothing is made, and the reason is told."""
    version = hashlib.sha256(reason.encode()).hexdigest()[:20]
    return dg.MaterializeResult(
        data_version=dg.DataVersion(version), metadata={"not_applicable": reason, "cached": True}
    )


def table_schema(columns: Mapping[str, str], table: str = "") -> dg.TableSchema:
    """The columns of a table, a published one where it has a name, as Dagster shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(name, kind, description=descriptions.column(table, name))
            for name, kind in columns.items()
        ]
    )


def _shown(value: Any) -> Any:
    if value is None:
        return dg.MetadataValue.null()
    return dg.MetadataValue.json(value) if isinstance(value, dict | list | tuple) else value
