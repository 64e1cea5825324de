"""Running a study: find its kind, look whether its rows are current, publish them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from recdag.papers.catalogue import PAPERS
from recdag.papers.study import (
    ByActivity,
    ByPopularity,
    Candidates,
    Communities,
    Counts,
    Curves,
    Grid,
    Results,
    Seeds,
    Study,
    TopList,
)
from recdag.pipeline.applicability import refusal, runnable, study_refusal
from recdag.pipeline.steps import Outcome, step_key
from recdag.pipeline.studies.activity import by_activity
from recdag.pipeline.studies.candidates import candidates
from recdag.pipeline.studies.communities import communities
from recdag.pipeline.studies.counts import counts
from recdag.pipeline.studies.curves import curves
from recdag.pipeline.studies.grid import grid
from recdag.pipeline.studies.popularity import by_popularity
from recdag.pipeline.studies.request import StudyPlan, StudyRequest
from recdag.pipeline.studies.results import results
from recdag.pipeline.studies.seeds import seeds
from recdag.pipeline.studies.top_list import top_list
from recdag.warehouse.provenance import forget, record
from recdag.warehouse.published import replace_rows
from recdag.warehouse.queries import recorded_keys

STUDY_VERSION = "1"

_KINDS: dict[type[Study], Callable[[Any, StudyRequest], StudyPlan]] = {
    Grid: grid,
    Curves: curves,
    Seeds: seeds,
    Results: results,
    Candidates: candidates,
    TopList: top_list,
    ByActivity: by_activity,
    ByPopularity: by_popularity,
    Counts: counts,
    Communities: communities,
}


def plan_study(request: StudyRequest, study: Study) -> StudyPlan:
    """What determines the study's rows, and how to get them.

    Raises:
        RecdagError: what the study reads has not been made.
    """
    return _KINDS[type(study)](_feasible(study, request), request)


def _feasible(study: Study, request: StudyRequest) -> Study:
    """The study without the models that cannot be trained on the data set."""
    if not isinstance(study, Results | Candidates | TopList | ByActivity | ByPopularity):
        return study
    possible = runnable(request.project, request.dataset, request.paper, study.models)
    return study if len(possible) == len(study.models) else replace(study, models=possible)


def study_key(study: Study, plan: StudyPlan) -> str:
    """The key under which the study's rows are known."""
    return step_key(inputs=plan.inputs, study=repr(study), version=STUDY_VERSION)


def refuse_study(request: StudyRequest, study: Study) -> str | None:
    """Why a study is left out on a data set, None where it is not; rows of it from before are removed."""
    dataset, paper, project = request.dataset, request.paper, request.project
    reason = refusal(project, dataset, paper) or study_refusal(project.dataset(dataset), study)
    asset = f"{paper}/{study.id}"
    if reason:
        with project.published.reading() as connection:
            known = (dataset, asset) in recorded_keys(connection)
        if known:
            with project.published.update() as connection:
                where = [dataset, paper, study.id]
                connection.execute("delete from studies where dataset = ? and paper = ? and study = ?", where)
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
    told = {"figure": study.figure or "ours"}
    if known == key:
        return Outcome(key, told, cached=True)
    result = plan.compute()
    where = {"dataset": dataset, "paper": paper, "study": study.id}
    with project.published.update() as connection:
        replace_rows(connection, "studies", result.rows, **where)
        if result.metrics is not None:
            replace_rows(connection, "metrics", result.metrics, **where)
        record(connection, asset, key, key, {}, dataset=dataset)
    return Outcome(key, {**told, "rows": len(result.rows)}, cached=False)
