"""Splits: made once a data set and protocol, read by every model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from recdag.evaluation.protocols import PROTOCOLS, ProtocolOptions, PublishedSplit, build_splits
from recdag.evaluation.split import Split
from recdag.pipeline.project import Project
from recdag.pipeline.steps import Outcome, input_versions, warehouse_step
from recdag.warehouse.matrices import read_interactions
from recdag.warehouse.splits import read_assignment, read_published_split, write_split


def split_asset(protocol: str) -> str:
    return f"splits/{protocol}"


def _options(project: Project, name: str, protocol: str) -> dict[str, Any]:
    """The data set's own rules for a protocol; a threshold on values needs values."""
    options = next((dict(o) for p, o in project.dataset(name).protocols.items() if p == protocol), {})
    events = project.warehouse.provenance(name, "events")
    if events is not None and not events.metadata["has_value"]:
        options.pop("min_value", None)
    return options


def make_split(project: Project, name: str, protocol: str) -> Outcome:
    """Assign every interaction to a part of the protocol's split."""
    dataset, rules = project.dataset(name), PROTOCOLS[protocol]
    settings = _options(project, name, protocol)

    def write(connection: Any) -> dict[str, Any]:
        options = ProtocolOptions.from_mapping({k: v for k, v in settings.items() if k != "published"})
        if settings.get("published"):
            options = replace(options, published=_published(connection))
        assignment = rules.assign(read_interactions(connection, dataset), options)
        return write_split(connection, protocol, assignment)

    return warehouse_step(
        project,
        name,
        split_asset(protocol),
        inputs=input_versions(project, name, ["interactions", "binarized"]),
        version=rules.version,
        config={**settings, "supportive": dataset.supportive},
        write=write,
        tables=[f"split_{protocol}"] + ([f"candidates_{protocol}"] if rules.samples_candidates else []),
    )


def _published(connection: Any) -> PublishedSplit | None:
    split = read_published_split(connection)
    if split is None:
        return None
    users, items = split.candidates
    return PublishedSplit(split.train_user, split.train_item, split.test_user, split.test_item, users, items)


def read_splits(project: Project, name: str, protocol: str) -> list[Split]:
    """The folds of a split as matrices."""
    with project.warehouse.reading(name) as connection:
        interactions = read_interactions(connection, project.dataset(name))
        assignment = read_assignment(connection, protocol)
    return build_splits(interactions, assignment)
