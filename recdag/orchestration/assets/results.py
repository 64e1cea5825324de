"""Evaluation of a paper, comparison of all, and the report."""

from pathlib import Path

import dagster as dg

from recdag.orchestration.pictures import verdicts
from recdag.orchestration.resources import ProjectResource
from recdag.orchestration.steps import materialized, user_errors
from recdag.papers.catalogue import PAPERS
from recdag.papers.paper import Paper
from recdag.pipeline.comparing import compare_with_papers, write_report
from recdag.pipeline.evaluating import evaluate_paper


def _evaluation(paper: Paper, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    @dg.asset(
        key=[paper.id, "evaluation"],
        deps=[[paper.id, name] for name in paper.nodes],
        group_name=paper.id,
        kinds={"duckdb", "torch"},
        partitions_def=partitions,
        description=f"Every model of {paper.title} on its test users, measured as the paper measures. "
        "Fills metrics, user_metrics and training_history of data/recdag.duckdb.",
    )
    def evaluation(context: dg.AssetExecutionContext, project: ProjectResource) -> dg.MaterializeResult:
        with user_errors():
            outcome = evaluate_paper(project.open(), context.partition_key, paper.id, context.run_id)
            return materialized(outcome)

    return evaluation


def evaluation_assets(partitions: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """One asset a paper, partitioned by data set."""
    return [_evaluation(paper, partitions) for paper in PAPERS.values()]


@dg.asset(
    deps=[
        *([paper, "evaluation"] for paper in PAPERS),
        *([paper.id, study.id] for paper in PAPERS.values() for study in paper.studies),
    ],
    group_name="comparison",
    kinds={"duckdb"},
    description="Every number the papers print beside the number reproduced here, with a verdict. "
    "Fills the table claims of data/recdag.duckdb.",
)
def comparison(project: ProjectResource) -> dg.MaterializeResult:
    """Compare what has been measured with what was published."""
    with user_errors():
        return materialized(compare_with_papers(project.open()))


@dg.asset(
    deps=["comparison"],
    group_name="comparison",
    kinds={"html"},
    description="One self-contained page with all results, data/reports/report.html, and a reproduction "
    "record of each model, data/reports/<paper>/<model>/<data set>.md.",
)
def report(project: ProjectResource) -> dg.MaterializeResult:
    """Write the report page."""
    with user_errors():
        opened = project.open()
        outcome = write_report(opened)
        page = Path(outcome.metadata["path"]).as_uri()
        return materialized(outcome, page=dg.MetadataValue.url(page), preview=verdicts(opened))
