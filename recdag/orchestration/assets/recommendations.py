"""Top lists of everybody, as a table people can use."""

import dagster as dg
from pydantic import Field

from recdag.orchestration.resources import ProjectResource
from recdag.orchestration.steps import materialized, user_errors
from recdag.pipeline.recommendations import DEFAULT_MODELS, publish_recommendations
from recdag.pipeline.recommending import TOP


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
        "user has is recommended. Fills the table recommendations of data/recdag.duckdb.",
    )
    def recommendations(
        context: dg.AssetExecutionContext, config: RecommendationsConfig, project: ProjectResource
    ) -> dg.MaterializeResult:
        with user_errors():
            return materialized(
                publish_recommendations(project.open(), context.partition_key, config.models, config.top)
            )

    return recommendations
