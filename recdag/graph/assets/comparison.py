"""Every published number beside the one measured here, and the page that shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from recdag.graph import checks
from recdag.graph.claim_rows import (
    COMPARED,
    REPORTED,
    compare_with_papers,
    comparison_key,
    report_key,
    report_picture,
    write_report,
)
from recdag.graph.previews import published_rows
from recdag.graph.project import Project
from recdag.graph.step import Check, KeyedPlan, Markdown, Outcome, Picture, Shown, Step, Work
from recdag.papers.catalogue import PAPERS

_GROUP = "comparison"
_CHANGED = "results changed"


def steps(project: Project) -> Iterator[Step]:
    """Comparison, then the report on it."""
    evaluations = tuple(f"{paper}/evaluation" for paper in PAPERS)
    results = tuple(
        f"{paper.id}/{name}"
        for paper in PAPERS.values()
        for name in ("evaluation", *(study.id for study in paper.studies))
    )
    values, errors = (tuple((each, column) for each in evaluations) for column in ("value", "std_err"))
    yield Step(
        name="comparison",
        needs=results,
        group=_GROUP,
        kinds=frozenset({"duckdb"}),
        description="Every number the papers print beside the number reproduced here, with a verdict. "
        "Fills the table `claims` of `data/recdag.duckdb`; a verdict of `not_run` says in `reason` what to "
        "run.",
        code=COMPARED,
        links=("papers/claims.csv",),
        store="published",
        plan=lambda ledger: KeyedPlan(comparison_key(ledger.project, ledger.recorded), _CHANGED),
        make=lambda work: compare_with_papers(work.project),
        shared=True,
        table="claims",
        origins={
            "reproduced": values,
            "difference": values,
            "tolerance": errors,
            "verdict": (*values, *errors),
        },
        checks=(
            Check(
                "published_schema",
                "The tables of data/recdag.duckdb have their columns and types, and no row twice.",
                lambda project, dataset: checks.published_schema(project),
            ),
        ),
        preview=lambda work, outcome: {"dagster/row_count": published_rows(work.project, "claims")},
    )
    yield Step(
        name="report",
        needs=("comparison",),
        group=_GROUP,
        kinds=frozenset({"html"}),
        description="One self-contained page with all results, `data/reports/report.html`, and a "
        "reproduction record of each model, `data/reports/<paper>/<model>/<data set>.md`. Open it with the "
        "link under Metadata, where `recdag ui` serves it.",
        code=REPORTED,
        store="page",
        plan=lambda ledger: KeyedPlan(report_key(ledger.project, ledger.recorded), _CHANGED),
        make=lambda work: write_report(work.project),
        shared=True,
        preview=_preview,
        about={"page": project.settings.report_route},
    )


def _preview(work: Work, outcome: Outcome) -> Mapping[str, Shown]:
    picture = report_picture(work.project)
    if picture is None:
        return {"preview": Markdown("No published number has been compared yet.")}
    return {"preview": Picture("verdicts by paper", picture)}
