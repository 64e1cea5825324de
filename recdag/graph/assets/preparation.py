"""Raw files, events, interactions and the two matrices of a data set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from duckdb import DuckDBPyConnection

from recdag.datasets.file_search import ensure_files
from recdag.datasets.formats import stage
from recdag.errors import NotMade
from recdag.graph import checks
from recdag.graph.previews import counts_picture, tails_picture
from recdag.graph.project import Project
from recdag.graph.step import Check, KeyedPlan, Outcome, Picture, Shown, Step, Work
from recdag.graph.table_steps import ENTRY, table_step
from recdag.warehouse.events import write_events
from recdag.warehouse.interactions import write_interactions
from recdag.warehouse.matrix_tables import write_binarized, write_relative_rating

_SQL = frozenset({"duckdb", "sql"})
_PAIR = {side: (("binarized", side),) for side in ("user_id", "item_id")}


def steps(project: Project) -> Iterator[Step]:
    """From files to matrices."""
    yield _raw_files(project)
    yield from (EVENTS, INTERACTIONS, BINARIZED, RELATIVE_RATING)


def _raw_files(project: Project) -> Step:
    damaged = sorted(project.catalogue.damaged.items())
    problems = "\n".join(f"- `{name}`: {error}" for name, error in damaged)
    return Step(
        name="raw_files",
        needs=(),
        group="raw",
        kinds=frozenset({"file"}),
        description="The files of a data set as their owner publishes them, found in RECDAG_DATA_DIR or "
        "data/raw or downloaded, with a checksum each. A changed file makes everything below it stale. "
        "A data set whose files are missing says here where to get them.",
        code=("recdag.datasets.file_search", "recdag.datasets.download"),
        store="files",
        plan=lambda ledger: KeyedPlan("", ""),  # what hangs on the files compares their checksums
        make=find_or_download,
        about={"damaged_entries": problems} if damaged else {},
    )


def find_or_download(work: Work) -> Outcome:
    """Find the raw files, downloading them where that is allowed, and take their checksums."""
    project, name = work.project, work.dataset
    cached = project.at_hand(name)
    files = ensure_files(project.dataset(name), project.settings.data, work.on_download)
    project.published.ensure()
    paths = {role: str(path) for role, path in files.paths.items()}
    return Outcome(project.raw_version(name) or "", {"files": paths}, cached=cached)


def _raw_version(project: Project, name: str) -> dict[str, str]:
    if (version := project.raw_version(name)) is None:
        raise NotMade("after a look into the raw files, which are large and new")
    return {"raw_files": version}


def _parse(project: Project, name: str, connection: DuckDBPyConnection) -> dict[str, Any]:
    """Fill `events`, `users` and `items` from the raw files."""
    dataset = project.dataset(name)
    report = stage(connection, dataset, ensure_files(dataset, project.settings.data))
    return {**asdict(report), **write_events(connection, dataset), "sha256": project.raw_version(name)}


EVENTS = table_step(
    name="events",
    needs=("raw_files",),
    inputs=_raw_version,
    group="raw",
    kinds=_SQL,
    description="One row an event: user, item, behaviour, value and time, parsed from the raw files by "
    "DuckDB. Repeats stay, for they are counts; a row that cannot be read stops the step with its number. "
    "Look into its metadata for the odd rows that were counted.",
    code=("recdag.warehouse.events", "recdag.datasets.formats"),
    config=lambda project, name: {ENTRY: project.dataset(name).settings_version},
    write=_parse,
    tables=("events", "event_users", "event_items", "event_split", "event_candidates"),
    checks=(
        Check(
            "expected_size",
            "Users, items and events as the data set's owner or the papers state them.",
            checks.expected_size,
            blocking=False,
        ),
    ),
)


def _filters(project: Project, name: str) -> dict[str, Any]:
    dataset = project.dataset(name)
    return {
        "min_user_interactions": dataset.min_user_interactions,
        "min_item_interactions": dataset.min_item_interactions,
        "min_value": dataset.min_value,
        "value_kind": dataset.value_kind,
        "behaviours": dataset.all_behaviours,
    }


def _counts(work: Work, outcome: Outcome) -> Mapping[str, Shown]:
    return {
        "counts": Picture(
            "events of a user with an item",
            counts_picture(work.project, work.dataset, outcome.data_version),
        )
    }


INTERACTIONS = table_step(
    name="interactions",
    needs=("events",),
    group="matrices",
    kinds=_SQL,
    description="One row a user, item and behaviour, with count, value and times, after the data set's "
    "filters. Users and items get the ids that all matrices share. The picture shows how often a user comes "
    "back to an item, which models of implicit feedback take for confidence.",
    code=("recdag.warehouse.interactions",),
    config=_filters,
    write=lambda project, name, connection: write_interactions(connection, project.dataset(name)),
    tables=("interactions", "users", "items", "published_split", "published_candidates"),
    origins={
        "user_id": (("events", "user_number"),),
        "item_id": (("events", "item_number"),),
        "behaviour": (("events", "behaviour"),),
        "count": tuple(("events", column) for column in ("user_number", "item_number", "behaviour")),
        "value": (("events", "value"), ("events", "time")),
        "first_time": (("events", "time"),),
        "last_time": (("events", "time"),),
    },
    checks=(
        Check(
            "no_duplicates",
            "A user, item and behaviour is one row, and all rows have users and items that exist.",
            checks.no_duplicates,
        ),
    ),
    preview=_counts,
)


def _positive(project: Project, name: str) -> dict[str, Any]:
    dataset = project.dataset(name)
    return {"target": dataset.target, "min_value": dataset.min_value}


def _spread(work: Work, outcome: Outcome) -> Mapping[str, Shown]:
    return {
        "spread": Picture(
            "positives by user and item", tails_picture(work.project, work.dataset, outcome.data_version)
        )
    }


BINARIZED = table_step(
    name="binarized",
    needs=("interactions",),
    group="matrices",
    kinds=_SQL,
    description="The positives: pairs of the target behaviour whose value counts as positive, with their "
    "strength and time. Every split is made from them. The picture shows how they spread over users and "
    "items, density and sizes stand beside it.",
    code=("recdag.warehouse.matrix_tables",),
    config=_positive,
    write=lambda project, name, connection: write_binarized(connection, project.dataset(name)),
    tables=("binarized",),
    origins={
        "user_id": (("interactions", "user_id"),),
        "item_id": (("interactions", "item_id"),),
        "strength": (("interactions", "value"), ("interactions", "count")),
        "last_time": (("interactions", "last_time"),),
    },
    preview=_spread,
)

RELATIVE_RATING = table_step(
    name="relative_rating",
    needs=("binarized",),
    group="matrices",
    kinds=_SQL,
    description="For every positive the share of the item's users who were no keener on it, in (0, 1]: the "
    "confidence of implicit CF-NADE, section 5.1. The study `cf_nade/counts` shows how it is distributed; "
    "models take it from their own training part.",
    code=("recdag.warehouse.matrix_tables",),
    write=lambda project, name, connection: write_relative_rating(connection),
    tables=("relative_rating",),
    origins={**_PAIR, "relative_rating": (("binarized", "strength"),)},
)
