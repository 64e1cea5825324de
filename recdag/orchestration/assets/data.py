"""Raw files, events, interactions and the two matrices of a data set."""

from collections.abc import Callable
from dataclasses import dataclass

import dagster as dg

from recdag.orchestration.resources import ProjectResource
from recdag.orchestration.steps import materialized, user_errors
from recdag.pipeline import data
from recdag.pipeline.project import Project
from recdag.pipeline.steps import Outcome


@dataclass(frozen=True)
class DataStep:
    """One step on the way from files to matrices."""

    name: str
    deps: tuple[str, ...]
    group: str
    kinds: frozenset[str]
    run: Callable[[Project, str], Outcome]
    description: str


DATA_STEPS = (
    DataStep(
        "raw_files", (), "raw", frozenset({"file"}), data.raw_files,
        "The files of a data set as their owner publishes them, found in RECDAG_DATA_DIR or data/raw "
        "or downloaded, with a checksum each. A changed file makes everything below it stale.",
    ),
    DataStep(
        "events", ("raw_files",), "raw", frozenset({"duckdb", "sql"}), data.events,
        "One row an event: user, item, behaviour, value and time, parsed from the raw files by DuckDB. "
        "Repeats stay, for they are counts; a row that cannot be read stops the step with its number.",
    ),
    DataStep(
        "interactions", ("events",), "matrices", frozenset({"duckdb", "sql"}), data.interactions,
        "One row a user, item and behaviour, with count, value and times, after the data set's filters. "
        "Users and items get the ids that all matrices share.",
    ),
    DataStep(
        "binarized", ("interactions",), "matrices", frozenset({"duckdb", "sql"}), data.binarized,
        "The positives: pairs of the target behaviour whose value counts as positive, with their "
        "strength and time. Every split is made from them.",
    ),
    DataStep(
        "relative_rating", ("binarized",), "matrices", frozenset({"duckdb", "sql"}), data.relative_rating,
        "For every positive the share of the item's users who were no keener on it, in (0, 1]: the "
        "confidence of implicit CF-NADE, section 5.1.",
    ),
)  # fmt: skip


def _asset(step: DataStep, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    @dg.asset(
        name=step.name,
        deps=list(step.deps),
        group_name=step.group,
        kinds=set(step.kinds),
        partitions_def=partitions,
        description=step.description,
    )
    def data_asset(context: dg.AssetExecutionContext, project: ProjectResource) -> dg.MaterializeResult:
        with user_errors():
            return materialized(step.run(project.open(), context.partition_key))

    return data_asset


def data_assets(partitions: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The assets from raw files to matrices, one partition a data set."""
    return [_asset(step, partitions) for step in DATA_STEPS]
