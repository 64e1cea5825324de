"""One node a study of a paper: its sweeps, curves and tables."""

import dagster as dg

from recdag.orchestration.launch_config import SeedConfig, axes_of, study_config
from recdag.orchestration.resources import ProjectResource, Reporter
from recdag.orchestration.steps import materialized, user_errors
from recdag.papers.catalogue import PAPERS
from recdag.papers.paper import Paper
from recdag.papers.study import Counts, Grid, Study, Sweep
from recdag.pipeline.studies.request import StudyRequest
from recdag.pipeline.studies.run import run_study


def _needs(paper: Paper, study: Study) -> list[list[str]]:
    if isinstance(study, Grid):
        return [["splits", paper.protocol]]
    if isinstance(study, Counts):
        return [["binarized"], ["relative_rating"]]
    return [[paper.id, "evaluation"]]


def _asset(paper: Paper, study: Study, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    StudyConfig = study_config(study)

    @dg.asset(
        key=[paper.id, study.id],
        deps=_needs(paper, study),
        group_name=paper.id,
        kinds={"duckdb", "torch"},
        tags={"study": "quick" if study.quick else "large"},
        pool="gpu" if isinstance(study, Sweep) else None,
        partitions_def=partitions,
        description=f"{study.title} ({study.figure or 'ours'}). {study.summary} Rows of the table studies.",
    )
    def rows(
        context: dg.AssetExecutionContext,
        config: StudyConfig,  # type: ignore[valid-type]
        project: ProjectResource,
    ) -> dg.MaterializeResult:
        reporter = Reporter(context)
        with user_errors():
            return materialized(run_study(_request(context, config, project, paper, reporter), study.id))

    return rows


def _request(
    context: dg.AssetExecutionContext,
    config: SeedConfig,
    project: ProjectResource,
    paper: Paper,
    reporter: Reporter,
) -> StudyRequest:
    return StudyRequest(
        project=project.open(),
        dataset=context.partition_key,
        paper=paper.id,
        axes=axes_of(config),
        seed=config.seed,
        run_id=context.run_id,
        on_progress=reporter.progress,
        heartbeat=reporter.heartbeat,
    )


def study_assets(partitions: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """One asset a paper and study."""
    return [_asset(paper, study, partitions) for paper in PAPERS.values() for study in paper.studies]
