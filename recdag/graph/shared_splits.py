"""Splits: made once a data set and protocol, read by every model."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from duckdb import DuckDBPyConnection

from recdag.datasets.formats import SPLIT_REPEATS
from recdag.errors import NotApplicable
from recdag.evaluation.protocols import PROTOCOLS, ProtocolOptions, PublishedSplit, build_splits
from recdag.evaluation.protocols.requirements import require_held_out
from recdag.evaluation.split import Split
from recdag.graph.ledger import input_versions
from recdag.graph.project import Project
from recdag.warehouse.matrix_tables import read_interactions
from recdag.warehouse.split_tables import clear_split, read_assignment, read_published_split, write_split


def split_asset(protocol: str) -> str:
    return f"splits/{protocol}"


def _options(project: Project, name: str, protocol: str) -> dict[str, Any]:
    """The data set's own rules for a protocol; a threshold on values needs values."""
    options = next((dict(o) for p, o in project.dataset(name).protocols.items() if p == protocol), {})
    events = project.warehouse.provenance(name, "events")
    if events is not None and not events.metadata["has_value"]:
        options.pop("min_value", None)
    return options


def split_config(project: Project, name: str, protocol: str) -> dict[str, Any]:
    """The settings that decide a protocol's split."""
    return {**_options(project, name, protocol), "supportive": project.dataset(name).supportive}


def write_assignment(
    project: Project, name: str, connection: DuckDBPyConnection, protocol: str
) -> dict[str, Any]:
    """Assign every interaction to a part of the protocol's split.

    Where the data do not allow the protocol, the split is empty and its metadata say why, as
    `skipped`.
    """
    settings = _options(project, name, protocol)
    options = ProtocolOptions.from_mapping({k: v for k, v in settings.items() if k != "published"})
    published = read_published_split(connection) if settings.get("published") else None
    options = replace(options, published=published)
    try:
        assignment = PROTOCOLS[protocol].assign(read_interactions(connection, project.dataset(name)), options)
        require_held_out(assignment)
    except NotApplicable as reason:
        return {**clear_split(connection, protocol), "skipped": str(reason)}
    return write_split(connection, protocol, assignment) | _origin(published, options.seed)


def _origin(published: PublishedSplit | None, seed: int) -> dict[str, Any]:
    """What of the split its authors published."""
    if published is None:
        return {}
    return {"published": True} | (
        {} if published.has_negatives else {"negatives": f"drawn here, seed {seed}"}
    )


def split_notes(project: Project, name: str, protocol: str) -> list[str]:
    """What whoever reads results under a published split has to know of it, a sentence each."""
    split, events = (project.warehouse.provenance(name, asset) for asset in (split_asset(protocol), "events"))
    if split is None or events is None or not split.metadata.get("published"):
        return []
    notes = []
    if drawn := split.metadata.get("negatives"):
        notes.append(f"The published split came without its negatives; they were {drawn}.")
    if repeats := events.metadata["oddities"].get(SPLIT_REPEATS):
        notes.append(f"The published split repeats {repeats:,} of its rows; each pair counts once.")
    return notes


def read_splits(project: Project, name: str, protocol: str) -> list[Split]:
    """The folds of a split as matrices; the last ones are kept, for every model of a paper asks for them."""
    versions = input_versions(project, name, ["interactions", split_asset(protocol)])
    return _read_splits(project, name, protocol, tuple(versions.items()))


@lru_cache(maxsize=1)
def _read_splits(
    project: Project, name: str, protocol: str, versions: tuple[tuple[str, str], ...]
) -> list[Split]:
    with project.warehouse.reading(name) as connection:
        interactions = read_interactions(connection, project.dataset(name))
        assignment = read_assignment(connection, protocol)
    return build_splits(interactions, assignment)
