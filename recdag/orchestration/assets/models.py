"""One node a model of a paper: a factory, for all of them are trained the same way."""

from collections.abc import Iterator, Mapping

import dagster as dg

from recdag.errors import ConfigError, NotApplicable
from recdag.graph.feasibility import note_refusal, refusal
from recdag.graph.previews import validation_reached
from recdag.graph.project import Project
from recdag.graph.request import Budget, TrainingRequest
from recdag.graph.training import train_model
from recdag.graph.tuning import tune_model
from recdag.orchestration.annotations import model_metadata
from recdag.orchestration.checks import check_weights, weights_spec
from recdag.orchestration.launch_config import RunConfig, launch_config, overrides
from recdag.orchestration.pictures import learning_curve
from recdag.orchestration.resources import ProjectResource, Reporter, open_project
from recdag.orchestration.steps import left_out, materialized, user_errors
from recdag.papers.catalogue import PAPERS
from recdag.papers.paper import Paper
from recdag.recipes.recipe import Hyperparameter
from recdag.recommenders.catalogue import model_spec
from recdag.recommenders.spec import ModelSpec


def _asset(paper: Paper, spec: ModelSpec, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    ModelConfig = launch_config(spec, _entries(paper, spec))

    @dg.asset(
        key=[paper.id, spec.name],
        deps=[["splits", paper.protocol]],
        group_name=paper.id,
        kinds=set(spec.libraries),
        pool="gpu",
        partitions_def=partitions,
        description=_description(paper, spec),
        tags={"role": paper.role(spec.name), "protocol": paper.protocol},
        metadata=model_metadata(paper, spec, open_project().recipe_file(paper.id)),
        code_version=_version(paper, spec),
        check_specs=[weights_spec(paper.id, spec.name, partitions)],
    )
    def model(
        context: dg.AssetExecutionContext,
        config: ModelConfig,  # type: ignore[valid-type]
        project: ProjectResource,
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        with user_errors():
            yield _trained(project.open(), _request(context, paper, spec, config), Reporter(context))
            yield check_weights(project.open(), context.partition_key, paper.id, spec.name)

    return model


def _trained(project: Project, request: TrainingRequest, reporter: Reporter) -> dg.MaterializeResult:
    place = (request.dataset, request.paper, request.model)
    if reason := refusal(project, request.dataset, request.paper):
        return left_out(reason)
    try:
        tune_model(project, request, reporter.progress, reporter.heartbeat)
        outcome = train_model(project, request, reporter.progress, reporter.heartbeat)
    except NotApplicable as error:
        note_refusal(project, *place, str(error))
        return left_out(str(error))
    note_refusal(project, *place, None)
    return materialized(
        outcome,
        **validation_reached(project, outcome.metadata),
        learning_curve=learning_curve(project, outcome),
    )


def _description(paper: Paper, spec: ModelSpec) -> str:
    role = "Not in the paper, shown as a reference. " if paper.role(spec.name) == "reference" else ""
    return (
        f"{spec.summary} {role}Hyperparameters come from `models/recipes/{paper.id}.yaml`, each with its "
        "source; set others in the Launchpad for one run, or there for all."
    )


def _version(paper: Paper, spec: ModelSpec) -> str:
    """Changes with the model's code and with its recipe; training says what is wrong with a recipe."""
    try:
        return f"{spec.version}-{open_project().recipe(paper.id).version(spec.name)}"
    except ConfigError:
        return f"{spec.version}-unreadable"


def _entries(paper: Paper, spec: ModelSpec) -> Mapping[str, Hyperparameter]:
    """What the recipe says of a model; training says what is wrong with a recipe."""
    try:
        return open_project().recipe(paper.id).models.get(spec.name, {})
    except ConfigError:
        return {}


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
