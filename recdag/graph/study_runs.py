"""Running a study: find its kind, look whether its rows are current, publish them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from recdag.graph.feasibility import refusal, study_refusal
from recdag.graph.step import Outcome, step_key
from recdag.graph.study_request import StudyPlan, StudyRequest
from recdag.papers.catalogue import PAPERS
from recdag.studies.activity import by_activity
from recdag.studies.base import (
    ByActivity,
    ByPopularity,
    Candidates,
    Communities,
    Counts,
    Curves,
    Defaults,
    Grid,
    Results,
    Seeds,
    Study,
    TopList,
    models_read,
)
from recdag.studies.candidates import candidates
from recdag.studies.communities import communities
from recdag.studies.counts import counts
from recdag.studies.curves import curves
from recdag.studies.defaults import defaults
from recdag.studies.evaluated import evaluated_among
from recdag.studies.grid import grid
from recdag.studies.popularity import by_popularity
from recdag.studies.results import results
from recdag.studies.seeds import seeds
from recdag.studies.top_list import top_list
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
    Defaults: defaults,
    Counts: counts,
    Communities: communities,
}


def plan_study(request: StudyRequest, study: Study) -> StudyPlan:
    """What determines the study's rows, and how to get them.

    Raises:
        RecdagError: what the study reads has not been made.
    """
    return _KINDS[type(study)](of_evaluated(study, request), request)


def of_evaluated(study: Study, request: StudyRequest) -> Study:
    """The study with the models that have been evaluated, where it shows several and at least one has."""
    if not isinstance(study, Results | Candidates | TopList | ByActivity | ByPopularity | Defaults | Seeds):
        return study
    if isinstance(study, Seeds):
        there = evaluated_among(request, study.axes["models"])
        return replace(study, axes={**study.axes, "models": there}) if there else study
    there = evaluated_among(request, study.models)
    return replace(study, models=there) if there else study


def nothing_evaluated(request: StudyRequest, study: Study) -> str | None:
    """Why a study has nothing to show: none of the models that it reads has been evaluated."""
    read = models_read(study, request.axes)
    if not read or evaluated_among(request, read):
        return None
    return f"none of its models has been evaluated on {request.dataset!r}: {', '.join(read)}"


def study_key(study: Study, plan: StudyPlan) -> str:
    """The key under which the study's rows are known."""
    return step_key(inputs=plan.inputs, study=repr(study), version=STUDY_VERSION)


def refuse_study(request: StudyRequest, study: Study) -> str | None:
    """Why a study is left out on a data set, None where it is not; rows of it from before are removed."""
    dataset, paper, project = request.dataset, request.paper, request.project
    reason = (
        refusal(project, dataset, paper)
        or study_refusal(project.dataset(dataset), study)
        or nothing_evaluated(request, study)
    )
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
    told: dict[str, Any] = {"figure": study.figure or "ours"}
    shown = models_read(of_evaluated(study, request), request.axes)
    if lacking := [model for model in models_read(study, request.axes) if model not in shown]:
        told["not_evaluated"] = lacking
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
