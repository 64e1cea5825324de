"""One node a study of a paper: its sweeps, curves and tables."""

import inspect
from typing import Any

import dagster as dg

from recdag.graph.previews import published_rows, study_table
from recdag.graph.study_request import StudyRequest
from recdag.graph.study_runs import refuse_study, run_study
from recdag.orchestration.annotations import (
    paper_code,
    publication,
    published_table,
    row_count,
    study_lineage,
)
from recdag.orchestration.launch_config import SeedConfig, axes_of, study_config
from recdag.orchestration.resources import ProjectResource, Reporter
from recdag.orchestration.steps import left_out, materialized, user_errors
from recdag.papers.catalogue import PAPERS
from recdag.papers.paper import Paper
from recdag.studies.base import Study


def _how(study: Study) -> str:
    """When it runs and what it costs."""
    stored = "Its rows are in the table `studies`, its figure in the report."
    if study.quick:
        return f"It runs with its paper. {stored}"
    cost = f"{study.trainings('')} models ({study.trainings('demo')} on demo)"
    return (
        f"It trains {cost} and waits until it is asked for; choose a smaller grid in the Launchpad. {stored}"
    )


def _needs(paper: Paper, study: Study) -> list[list[str]]:
    reads = study.reads()
    return [
        *([["splits", paper.protocol]] if reads.split else []),
        *([table] for table in reads.tables),
        *([[paper.id, "evaluation"]] if reads.models else []),
    ]


def _asset(paper: Paper, study: Study, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    StudyConfig = study_config(study)

    @dg.asset(
        key=[paper.id, study.id],
        deps=_needs(paper, study),
        group_name=paper.id if study.quick else f"{paper.id}_studies",
        kinds={"duckdb", study.library},
        tags={"study": "quick" if study.quick else "large"},
        pool="gpu" if study.trainings("") else None,
        partitions_def=partitions,
        description=f"{study.title} ({study.figure or 'ours'}). {study.summary} {_how(study)}",
        metadata={
            **paper_code(paper, inspect.getfile(type(study))),
            **publication(paper),
            **published_table("studies"),
        },
    )
    def rows(
        context: dg.AssetExecutionContext,
        config: StudyConfig,  # type: ignore[valid-type]
        project: ProjectResource,
    ) -> dg.MaterializeResult:
        reporter = Reporter(context)
        with user_errors():
            request = _request(context, config, project, paper, reporter)
            if reason := refuse_study(request, study):
                return left_out(reason)
            outcome = run_study(request, study.id)
            return materialized(outcome, **_beside(request, paper, study))

    return rows


def _beside(request: StudyRequest, paper: Paper, study: Study) -> dict[str, Any]:
    where = {"dataset": request.dataset, "paper": paper.id, "study": study.id}
    return {
        "result": dg.MetadataValue.md(study_table(request.project, **where)),
        **row_count(published_rows(request.project, "studies", **where)),
        **study_lineage(paper, study),
    }


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
