"""One node a model of a paper: a factory, for all of them are trained the same way."""

import dagster as dg

from recdag.errors import ConfigError
from recdag.orchestration.launch_config import RunConfig, launch_config, overrides
from recdag.orchestration.pictures import learning_curve
from recdag.orchestration.resources import ProjectResource, Reporter, open_project
from recdag.orchestration.steps import materialized, user_errors
from recdag.papers.catalogue import PAPERS
from recdag.papers.paper import Paper
from recdag.pipeline.training import TrainingRequest, train_model
from recdag.pipeline.tuned import Budget
from recdag.pipeline.tuning import tune_model
from recdag.recommenders.registry import ModelSpec, model_spec


def _asset(paper: Paper, spec: ModelSpec, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    ModelConfig = launch_config(spec)

    @dg.asset(
        key=[paper.id, spec.name],
        deps=[["splits", paper.protocol]],
        group_name=paper.id,
        kinds={"torch"},
        pool="gpu",
        partitions_def=partitions,
        description=f"{spec.summary} Trained with models/recipes/{paper.id}.yaml.",
        code_version=_version(paper, spec),
    )
    def model(
        context: dg.AssetExecutionContext,
        config: ModelConfig,  # type: ignore[valid-type]
        project: ProjectResource,
    ) -> dg.MaterializeResult:
        reporter = Reporter(context)
        with user_errors():
            request = _request(context, paper, spec, config)
            tune_model(project.open(), request, reporter.progress, reporter.heartbeat)
            outcome = train_model(project.open(), request, reporter.progress, reporter.heartbeat)
            return materialized(outcome, learning_curve=learning_curve(project.open(), outcome))

    return model


def _version(paper: Paper, spec: ModelSpec) -> str:
    """Changes with the model's code and with its recipe; training says what is wrong with a recipe."""
    try:
        return f"{spec.version}-{open_project().recipe(paper.id).version(spec.name)}"
    except ConfigError:
        return f"{spec.version}-unreadable"


def _request(
    context: dg.AssetExecutionContext, paper: Paper, spec: ModelSpec, config: RunConfig
) -> TrainingRequest:
    return TrainingRequest(
        dataset=context.partition_key,
        paper=paper.id,
        model=spec.name,
        overrides=overrides(config),
        seed=config.seed,
        selection=config.selection.value,
        run_id=context.run_id,
        budget=Budget.parse(config.budget),
    )


def model_assets(partitions: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """One asset a paper and model."""
    return [_asset(paper, model_spec(name), partitions) for paper in PAPERS.values() for name in paper.nodes]
