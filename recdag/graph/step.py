"""The rule that keeps every path cheap: a step whose inputs, code and settings are unchanged is not
done again.

A step's key is a hash over the content of its inputs, its code version and its configuration. The
key is stored with the output; where it is found again, the output is taken as it is. The output's
own version is a hash of its content, so that a recomputation that changes nothing stops there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from recdag.errors import RecdagError
from recdag.graph.project import Project
from recdag.warehouse.provenance import record
from recdag.warehouse.sql import columns, identifier, scalar
from recdag.warehouse.store import content_hash


@dataclass(frozen=True)
class Outcome:
    """What a step gives back to whoever asked for it.

    Attributes:
        data_version: hash of the output's content.
        metadata: what a person wants to know of the output; plain JSON values.
        cached: the output was there already.
    """

    data_version: str
    metadata: dict[str, Any]
    cached: bool


def step_key(**parts: Any) -> str:
    """A hash of everything that determines an output."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


@dataclass(frozen=True)
class MadeFrom:
    """Everything that determines the tables of a step.

    Attributes:
        inputs: name -> data version of what is read.
        version: of the code that writes.
        config: settings that decide the content.
    """

    inputs: Mapping[str, str]
    version: str
    config: Mapping[str, Any]

    def key(self, asset: str) -> str:
        """The asset's key where it is made from this."""
        return step_key(asset=asset, **asdict(self))


def input_versions(project: Project, dataset: str, assets: Sequence[str]) -> dict[str, str]:
    """The data versions of the assets a step reads from the warehouse.

    Raises:
        RecdagError: one of them has not been made yet.
    """
    versions = {}
    for asset in assets:
        provenance = project.warehouse.provenance(dataset, asset)
        if provenance is None:
            raise RecdagError(
                f"{asset} of data set {dataset!r} has not been made yet",
                cure=f"Materialize it first: recdag run --dataset {dataset} --select +{asset}",
            )
        versions[asset] = provenance.data_version
    return versions


def warehouse_step(
    project: Project,
    dataset: str,
    asset: str,
    *,
    made_from: MadeFrom,
    write: Callable[[duckdb.DuckDBPyConnection], dict[str, Any]],
    tables: Sequence[str],
) -> Outcome:
    """Write tables of a data set's working file in one transaction, unless they are current.

    Args:
        made_from: all that decides the content.
        write: writes the tables and returns metadata.
        tables: those whose content makes the data version; the first one's rows are counted.
    """
    key = made_from.key(asset)
    known = project.warehouse.provenance(dataset, asset)
    if known is not None and known.key == key:
        return Outcome(known.data_version, known.metadata, cached=True)
    with project.warehouse.writing(dataset) as connection:
        metadata = {
            **write(connection),
            "rows": scalar(connection, f"select count(*) from {identifier(tables[0])}"),
            "columns": columns(connection, tables[0]),
            "made_from": asdict(made_from),
        }
        data_version = step_key(tables={table: content_hash(connection, table) for table in tables})
        record(connection, asset, key, data_version, metadata)
    return Outcome(data_version, metadata, cached=False)
