"""Raw files, events, interactions and the two matrices of a data set."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg

from recdag.errors import DataError
from recdag.graph import data
from recdag.graph.project import Project
from recdag.graph.step import Outcome
from recdag.orchestration.annotations import code, column_lineage, working_table
from recdag.orchestration.pictures import counts, positives
from recdag.orchestration.resources import ProjectResource, Reporter
from recdag.orchestration.steps import materialized, user_errors
from recdag.warehouse.lineage import SOURCES

Shown = Callable[[Project, str, str], dict[str, dg.MetadataValue]]


@dataclass(frozen=True)
class DataStep:
    """One step on the way from files to matrices.

    Attributes:
        code: where it is implemented.
        run: project and data set, of a download also whom to tell its progress -> what came of it.
        shown: project, data set and data version -> what is shown of the table beside its numbers.
    """

    name: str
    deps: tuple[str, ...]
    group: str
    kinds: frozenset[str]
    run: Callable[..., Outcome]
    description: str
    code: tuple[str, ...]
    shown: Shown | None = None
    downloads: bool = False


DATA_STEPS = (
    DataStep(
        "raw_files", (), "raw", frozenset({"file"}), data.raw_files,
        "The files of a data set as their owner publishes them, found in RECDAG_DATA_DIR or data/raw "
        "or downloaded, with a checksum each. A changed file makes everything below it stale. "
        "A data set whose files are missing says here where to get them.",
        ("datasets/files.py", "datasets/download.py"),
        downloads=True,
    ),
    DataStep(
        "events", ("raw_files",), "raw", frozenset({"duckdb", "sql"}), data.events,
        "One row an event: user, item, behaviour, value and time, parsed from the raw files by DuckDB. "
        "Repeats stay, for they are counts; a row that cannot be read stops the step with its number. "
        "Look into its metadata for the odd rows that were counted.",
        ("warehouse/events.py", "datasets/formats.py"),
    ),
    DataStep(
        "interactions", ("events",), "matrices", frozenset({"duckdb", "sql"}), data.interactions,
        "One row a user, item and behaviour, with count, value and times, after the data set's filters. "
        "Users and items get the ids that all matrices share. The picture shows how often a user comes "
        "back to an item, which models of implicit feedback take for confidence.",
        ("warehouse/events.py",),
        counts,
    ),
    DataStep(
        "binarized", ("interactions",), "matrices", frozenset({"duckdb", "sql"}), data.binarized,
        "The positives: pairs of the target behaviour whose value counts as positive, with their "
        "strength and time. Every split is made from them. The picture shows how they spread over users "
        "and items, density and sizes stand beside it.",
        ("warehouse/matrices.py",),
        positives,
    ),
    DataStep(
        "relative_rating", ("binarized",), "matrices", frozenset({"duckdb", "sql"}), data.relative_rating,
        "For every positive the share of the item's users who were no keener on it, in (0, 1]: the "
        "confidence of implicit CF-NADE, section 5.1. Only its protocol and study read it.",
        ("warehouse/matrices.py",),
    ),
)  # fmt: skip


def _asset(
    step: DataStep, partitions: dg.PartitionsDefinition, shown: Mapping[str, Any]
) -> dg.AssetsDefinition:
    @dg.asset(
        name=step.name,
        deps=list(step.deps),
        group_name=step.group,
        kinds=set(step.kinds),
        partitions_def=partitions,
        description=step.description,
        metadata={**code(*step.code), **(working_table(step.name) if "sql" in step.kinds else {}), **shown},
    )
    def data_asset(context: dg.AssetExecutionContext, project: ProjectResource) -> dg.MaterializeResult:
        opened, dataset = project.open(), context.partition_key
        told = [Reporter(context).download] if step.downloads else []
        with user_errors():
            outcome = step.run(opened, dataset, *told)
            return materialized(outcome, **_beside(step, opened, dataset, outcome))

    return data_asset


def _beside(step: DataStep, project: Project, dataset: str, outcome: Outcome) -> dict[str, Any]:
    lineage = column_lineage(step.name) if step.name in SOURCES else {}
    return {**(step.shown(project, dataset, outcome.data_version) if step.shown else {}), **lineage}


def data_assets(
    partitions: dg.PartitionsDefinition, damaged: Mapping[str, DataError]
) -> list[dg.AssetsDefinition]:
    """The assets from raw files to matrices, one partition a data set.

    Args:
        damaged: data set -> what is wrong with its catalogue entry, for which it has no partition.
    """
    told = "\n".join(f"- `{name}`: {error}" for name, error in sorted(damaged.items()))
    shown = {"damaged_entries": dg.MetadataValue.md(told)} if damaged else {}
    return [_asset(step, partitions, shown if step.downloads else {}) for step in DATA_STEPS]
