"""Top lists of everybody, as a table people can use."""

import dagster as dg
from pydantic import Field

from recdag.graph.feasibility import refusal
from recdag.graph.previews import published_rows
from recdag.graph.recommendations import DEFAULT_MODELS, default_refusal, publish_recommendations
from recdag.orchestration.annotations import (
    code,
    column_lineage,
    published_table,
    row_count,
)
from recdag.orchestration.resources import ProjectResource
from recdag.orchestration.steps import left_out, materialized, user_errors
from recdag.serving.service import TOP


class RecommendationsConfig(dg.Config):
    """Whose lists are published."""

    models: list[str] = Field(
        default=list(DEFAULT_MODELS), description="Trained models, PAPER/MODEL: benchmark/ease, for example."
    )
    top: int = Field(default=TOP, ge=1, description="Length of a list.")


def recommendations_asset(partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """One asset, partitioned by data set."""

    @dg.asset(
        deps=[["benchmark", "evaluation"]],
        group_name="benchmark",
        kinds={"duckdb", "torch"},
        partitions_def=partitions,
        description="What the chosen models recommend to every user, with titles and scores. Nothing that a "
        "user has is recommended. Choose models in the Launchpad (`benchmark/ease` by default); fills the "
        "table `recommendations` of `data/recdag.duckdb`.",
        metadata={**code("graph/recommendations.py"), **published_table("recommendations")},
    )
    def recommendations(
        context: dg.AssetExecutionContext, config: RecommendationsConfig, project: ProjectResource
    ) -> dg.MaterializeResult:
        with user_errors():
            opened, dataset = project.open(), context.partition_key
            reason = refusal(opened, dataset, "benchmark")
            if reason := reason or default_refusal(opened, dataset, config.models):
                return left_out(reason)
            outcome = publish_recommendations(opened, dataset, config.models, config.top)
            rows = published_rows(opened, "recommendations", dataset=dataset)
            return materialized(outcome, **row_count(rows), **column_lineage("recommendations"))

    return recommendations
