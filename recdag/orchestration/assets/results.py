"""Evaluation of a paper, comparison of all, and the report."""

import dagster as dg

from recdag.graph.comparison import compare_with_papers, write_report
from recdag.graph.evaluation import evaluate_paper
from recdag.graph.feasibility import publish_refused
from recdag.graph.previews import leading_values, published_rows, results_table
from recdag.orchestration.annotations import (
    code,
    column_lineage,
    paper_code,
    publication,
    published_table,
    row_count,
)
from recdag.orchestration.pictures import verdicts
from recdag.orchestration.resources import ProjectResource, open_project
from recdag.orchestration.steps import left_out, materialized, user_errors
from recdag.papers.catalogue import PAPERS
from recdag.papers.paper import Paper


def _evaluation(paper: Paper, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    @dg.asset(
        key=[paper.id, "evaluation"],
        deps=[[paper.id, name] for name in paper.nodes],
        group_name=paper.id,
        kinds={"duckdb", "torch"},
        partitions_def=partitions,
        description=f"{paper.summary} Here every model is measured on the test users of "
        f"`{paper.protocol}`; `recdag sql` reads the tables that it fills, `metrics`, `user_metrics` and "
        "`training_history`.",
        tags={"protocol": paper.protocol},
        metadata={
            **paper_code(paper, "graph/evaluation.py"),
            **publication(paper),
            **published_table("metrics"),
        },
    )
    def evaluation(context: dg.AssetExecutionContext, project: ProjectResource) -> dg.MaterializeResult:
        with user_errors():
            opened, dataset = project.open(), context.partition_key
            if reason := publish_refused(opened, dataset, paper.id).get(paper.id):
                return left_out(reason)
            outcome = evaluate_paper(opened, dataset, paper.id, context.run_id)
            return materialized(
                outcome,
                results=dg.MetadataValue.md(results_table(opened, dataset, paper.id)),
                **leading_values(opened, dataset, paper.id),
                **row_count(published_rows(opened, "metrics", dataset=dataset, paper=paper.id)),
                **column_lineage("metrics", split=[f"splits/{paper.protocol}"]),
            )

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
    "Fills the table `claims` of `data/recdag.duckdb`; a verdict of `not_run` says in `reason` what to run.",
    metadata={**code("papers/claims.py", "papers/claims.csv"), **published_table("claims")},
)
def comparison(project: ProjectResource) -> dg.MaterializeResult:
    """Compare what has been measured with what was published."""
    with user_errors():
        opened = project.open()
        outcome = compare_with_papers(opened)
        return materialized(
            outcome,
            **row_count(published_rows(opened, "claims")),
            **column_lineage("claims", evaluation=[f"{paper}/evaluation" for paper in PAPERS]),
        )


def report_asset() -> dg.AssetsDefinition:
    """The page; its asset links to it, beside the web UI of `recdag ui`."""
    route = open_project().settings.report_route

    @dg.asset(
        deps=["comparison"],
        group_name="comparison",
        kinds={"html"},
        metadata={**code("report/page.py"), "page": dg.MetadataValue.url(route)},
        description="One self-contained page with all results, `data/reports/report.html`, and a "
        "reproduction record of each model, `data/reports/<paper>/<model>/<data set>.md`. Open it with the "
        "link under Metadata, where `recdag ui` serves it.",
    )
    def report(project: ProjectResource) -> dg.MaterializeResult:
        with user_errors():
            opened = project.open()
            return materialized(write_report(opened), preview=verdicts(opened))

    return report
