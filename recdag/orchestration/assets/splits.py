"""One split a protocol, read by every model that is measured under it."""

import dagster as dg

from recdag.evaluation.protocols import PROTOCOLS, Protocol
from recdag.graph.splits import make_split
from recdag.orchestration.annotations import (
    column_lineage,
    protocol_code,
    working_table,
)
from recdag.orchestration.resources import ProjectResource
from recdag.orchestration.steps import materialized, user_errors


def _asset(protocol: Protocol, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    @dg.asset(
        key=["splits", protocol.name],
        deps=["interactions", "binarized"],
        group_name="splits",
        kinds={"duckdb", "numpy"},
        partitions_def=partitions,
        description=f"{protocol.description} Every model measured under `{protocol.name}` reads this split.",
        tags={"candidates": "sampled" if protocol.samples_candidates else "all"},
        metadata={**protocol_code(protocol.name), **working_table(f"split_{protocol.name}")},
        code_version=protocol.version,
    )
    def split(context: dg.AssetExecutionContext, project: ProjectResource) -> dg.MaterializeResult:
        with user_errors():
            outcome = make_split(project.open(), context.partition_key, protocol.name)
            return materialized(outcome, **column_lineage("split"))

    return split


def split_assets(partitions: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """One asset a protocol."""
    return [_asset(protocol, partitions) for protocol in PROTOCOLS.values()]
