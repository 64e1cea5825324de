"""One asset a study of a paper: its sweeps, curves and tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from recdag.graph.feasibility import why_skipped
from recdag.graph.launch_settings import StudyLaunch, study_launch
from recdag.graph.ledger import Ledger
from recdag.graph.previews import published_rows, study_table
from recdag.graph.project import Project
from recdag.graph.shared_splits import split_asset
from recdag.graph.step import KeyedPlan, Markdown, Outcome, Shown, Step, Work
from recdag.graph.study_request import StudyRequest
from recdag.graph.study_runs import plan_keyed, run_study, skip_study
from recdag.papers.catalogue import PAPERS
from recdag.papers.paper import Paper
from recdag.studies.study import Study
from recdag.warehouse.lineage import Origins


def steps(project: Project) -> Iterator[Step]:
    """One a paper and study."""
    for paper in PAPERS.values():
        for study in paper.studies:
            yield study_step(paper, study)


def study_step(paper: Paper, study: Study) -> Step:
    """The rows of one figure or table."""
    reads = study.reads()
    made = (*((split_asset(paper.protocol),) if reads.split else ()), *reads.tables)
    return Step(
        name=f"{paper.id}/{study.id}",
        needs=(*made, *((f"{paper.id}/evaluation",) if reads.models else ())),
        reads=(*made, *(f"{paper.id}/{model}" for model in reads.models)),
        some=True,
        group=paper.id if study.quick else f"{paper.id}_studies",
        kinds=frozenset({"duckdb", study.library}),
        tags={"study": "quick" if study.quick else "large"},
        description=f"{study.title} ({study.figure or 'ours'}). {study.summary} {_how(study)}",
        code=(type(study).__module__,),
        links=(f"papers/{paper.id}.py",),
        store="published",
        plan=partial(_plan, paper=paper.id, study=study),
        skipped=lambda ledger: (
            why_skipped(ledger.project, ledger.dataset, paper.id)
            or study.why_skipped(ledger.project.dataset(ledger.dataset))
        ),
        make=partial(_run, paper=paper.id, study=study),
        settings=lambda project: study_launch(study),
        pool="gpu" if study.trainings("") else None,
        large=not study.quick,
        table="studies",
        origins=_origins(paper, study),
        preview=partial(_preview, paper=paper.id, study=study.id),
        about={"paper": paper.url} if paper.url else {},
    )


def _origins(paper: Paper, study: Study) -> Origins:
    """Where the columns of its rows come from, by the names of assets."""
    assets = {"split": split_asset(paper.protocol), "evaluation": f"{paper.id}/evaluation"}
    return {
        column: tuple((assets.get(asset, asset), source) for asset, source in sources)
        for column, sources in study.lineage.items()
    }


def _how(study: Study) -> str:
    """When it runs and what it costs."""
    stored = "Its rows are in the table `studies`, its figure in the report."
    if study.quick:
        return f"It runs with its paper. {stored}"
    cost = f"{study.trainings('')} models ({study.trainings('demo')} on demo)"
    return (
        f"It trains {cost} and waits until it is asked for; choose a smaller grid in the Launchpad. {stored}"
    )


def _plan(ledger: Ledger, paper: str, study: Study) -> KeyedPlan:
    return plan_keyed(StudyRequest(ledger.project, ledger.dataset, paper, recorded=ledger.recorded), study)


def _run(work: Work, paper: str, study: Study) -> Outcome:
    launch = work.settings or StudyLaunch()
    request = StudyRequest(
        project=work.project,
        dataset=work.dataset,
        paper=paper,
        axes=launch.axes,
        seed=launch.seed,
        run_id=work.run_id,
        on_progress=work.on_progress,
        heartbeat=work.heartbeat,
        recorded=Ledger(work.project, work.dataset).recorded,
    )
    if reason := skip_study(request, study):
        return Outcome.of_skipped(reason)
    return run_study(request, study.id)


def _preview(work: Work, outcome: Outcome, paper: str, study: str) -> Mapping[str, Shown]:
    where = {"dataset": work.dataset, "paper": paper, "study": study}
    return {
        "result": Markdown(study_table(work.project, **where)),
        "dagster/row_count": published_rows(work.project, "studies", **where),
    }
