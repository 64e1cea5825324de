"""From raw files to matrices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from recdag.datasets.files import FoundFiles, data_version, ensure_files, find_files, search_folders
from recdag.datasets.formats import stage
from recdag.graph.project import Project
from recdag.graph.step import MadeFrom, Outcome, input_versions, warehouse_step
from recdag.warehouse.events import write_events, write_interactions
from recdag.warehouse.matrices import write_binarized, write_relative_rating

EVENTS_VERSION = "2"
INTERACTIONS_VERSION = "1"
MATRICES_VERSION = "1"


def _version(project: Project, found: FoundFiles) -> str:
    return data_version(found, project.settings.data / "checksums.json")


def raw_files(
    project: Project, name: str, on_progress: Callable[[int, int | None], None] = lambda done, total: None
) -> Outcome:
    """Find the raw files, downloading them where that is allowed, and take their checksums."""
    dataset = project.dataset(name)
    there = find_files(dataset, search_folders(project.settings.data)) is not None
    found = ensure_files(dataset, project.settings.data, on_progress)
    project.published.ensure()
    paths = {role: str(path) for role, path in found.paths.items()}
    return Outcome(_version(project, found), {"files": paths}, cached=there)


def events_from(project: Project, name: str, raw_version: str) -> MadeFrom:
    """What decides `events`."""
    settings = {"settings": project.dataset(name).settings_version}
    return MadeFrom({"raw_files": raw_version}, EVENTS_VERSION, settings)


def events(project: Project, name: str) -> Outcome:
    """Parse the raw files into `events`, `users` and `items`."""
    dataset = project.dataset(name)
    found = ensure_files(dataset, project.settings.data)
    version = _version(project, found)

    def write(connection: Any) -> dict[str, Any]:
        report = stage(connection, dataset, found)
        return {**asdict(report), **write_events(connection, dataset), "sha256": version}

    return warehouse_step(
        project,
        name,
        "events",
        made_from=events_from(project, name, version),
        write=write,
        tables=["events", "event_users", "event_items", "event_split", "event_candidates"],
    )


def interactions_from(project: Project, name: str) -> MadeFrom:
    """What decides `interactions`."""
    dataset = project.dataset(name)
    settings = {
        "min_user_interactions": dataset.min_user_interactions,
        "min_item_interactions": dataset.min_item_interactions,
        "min_value": dataset.min_value,
        "value_kind": dataset.value_kind,
        "behaviours": dataset.all_behaviours,
    }
    return MadeFrom(input_versions(project, name, ["events"]), INTERACTIONS_VERSION, settings)


def interactions(project: Project, name: str) -> Outcome:
    """Count and filter events into one row a (user, item, behaviour)."""
    dataset = project.dataset(name)
    return warehouse_step(
        project,
        name,
        "interactions",
        made_from=interactions_from(project, name),
        write=lambda connection: write_interactions(connection, dataset),
        tables=["interactions", "users", "items", "published_split", "published_candidates"],
    )


def binarized_from(project: Project, name: str) -> MadeFrom:
    """What decides `binarized`."""
    dataset = project.dataset(name)
    settings = {"target": dataset.target, "min_value": dataset.min_value}
    return MadeFrom(input_versions(project, name, ["interactions"]), MATRICES_VERSION, settings)


def binarized(project: Project, name: str) -> Outcome:
    """The positives of the target behaviour."""
    dataset = project.dataset(name)
    return warehouse_step(
        project,
        name,
        "binarized",
        made_from=binarized_from(project, name),
        write=lambda connection: write_binarized(connection, dataset),
        tables=["binarized"],
    )


def relative_rating_from(project: Project, name: str) -> MadeFrom:
    """What decides `relative_rating`."""
    return MadeFrom(input_versions(project, name, ["binarized"]), MATRICES_VERSION, {})


def relative_rating(project: Project, name: str) -> Outcome:
    """The relative ratings of implicit CF-NADE, section 5.1."""
    return warehouse_step(
        project,
        name,
        "relative_rating",
        made_from=relative_rating_from(project, name),
        write=write_relative_rating,
        tables=["relative_rating"],
    )
