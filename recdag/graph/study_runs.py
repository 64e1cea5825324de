"""Running a study: look whether its rows are current, make and publish them."""

from __future__ import annotations

from typing import Any

from recdag.graph.feasibility import why_skipped
from recdag.graph.step import KeyedPlan, Outcome, code_version, step_key
from recdag.graph.study_request import StudyRequest
from recdag.papers.catalogue import PAPERS
from recdag.studies.study import Study, StudyPlan
from recdag.warehouse.lookups import recorded_keys
from recdag.warehouse.provenance import forget, record
from recdag.warehouse.published import remove_rows, replace_rows


def plan_study(request: StudyRequest, study: Study) -> StudyPlan:
    """What determines the study's rows, and how to get them.

    Raises:
        RecdagError: what the study reads has not been made.
    """
    return _of_evaluated(request, study).plan(request)


def _of_evaluated(request: StudyRequest, study: Study) -> Study:
    """The study of those of its models that have been evaluated."""
    models = study.reads().models
    return study.narrowed(request.evaluated_among(models)) if models else study


def nothing_evaluated(request: StudyRequest, study: Study) -> str | None:
    """Why a study has nothing to show: none of the models that it reads has been evaluated."""
    read = study.reads(request.axes).models
    if not read or request.evaluated_among(read):
        return None
    return f"none of its models has been evaluated on {request.dataset!r}: {', '.join(read)}"


def study_key(study: Study, plan: StudyPlan) -> str:
    """The key under which the study's rows are known."""
    version = code_version([type(study).__module__])
    return step_key(inputs=plan.inputs, study=repr(study), version=version)


def plan_keyed(request: StudyRequest, study: Study) -> KeyedPlan:
    """The key of the rows that a run would give.

    Raises:
        NotMade: what the study reads has not been made.
    """
    key = study_key(study, plan_study(request, study))
    return KeyedPlan(key, "what it shows, or the study itself, changed")


def skip_study(request: StudyRequest, study: Study) -> str | None:
    """Why a study is skipped on a data set, None where it is not; rows of it from before are removed."""
    dataset, paper, project = request.dataset, request.paper, request.project
    reason = (
        why_skipped(project, dataset, paper)
        or study.why_skipped(project.dataset(dataset))
        or nothing_evaluated(request, study)
    )
    asset = f"{paper}/{study.id}"
    if reason:
        with project.published.reading() as connection:
            known = (dataset, asset) in recorded_keys(connection)
        if known:
            with project.published.update() as connection:
                remove_rows(connection, "studies", dataset=dataset, paper=paper, study=study.id)
                forget(connection, asset, dataset=dataset)
    return reason


def run_study(request: StudyRequest, study_id: str) -> Outcome:
    """Fill the rows of one study, unless they are current.

    Raises:
        RecdagError: what the study reads has not been made.
    """
    project, dataset, paper = request.project, request.dataset, request.paper
    study = PAPERS[paper].study(study_id)
    plan = plan_study(request, study)
    asset = f"{paper}/{study.id}"
    key = study_key(study, plan)
    with project.published.reading() as connection:
        known = recorded_keys(connection).get((dataset, asset))
    described: dict[str, Any] = {"figure": study.figure or "ours"}
    shown = _of_evaluated(request, study).reads(request.axes).models
    if unmeasured := [model for model in study.reads(request.axes).models if model not in shown]:
        described["not_evaluated"] = unmeasured
    if known == key:
        return Outcome(key, described, cached=True)
    result = plan.compute()
    where = {"dataset": dataset, "paper": paper, "study": study.id}
    with project.published.update() as connection:
        replace_rows(connection, "studies", result.rows.assign(kind=study.kind), **where)
        if result.metrics is not None:
            replace_rows(connection, "metrics", result.metrics, **where)
        record(connection, asset, key, key, {}, dataset=dataset)
    return Outcome(key, {**described, "rows": len(result.rows)}, cached=False)
