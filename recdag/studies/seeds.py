"""How much a model's result owes to the seed: the evaluated models trained again with other ones."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from recdag.errors import RecdagError
from recdag.evaluation.metrics import ALL_USERS
from recdag.graph.cells import Cell, CellRunner
from recdag.graph.evaluation_plan import evaluation_version
from recdag.graph.model_folder import Card
from recdag.graph.request import TrainingRequest
from recdag.graph.study_request import StudyPlan, StudyRequest, StudyResult
from recdag.graph.training import plan_training
from recdag.studies.base import Seeds
from recdag.studies.evaluated import evaluated_keys

DEVIATION = "seed deviation"


def seeds(study: Seeds, request: StudyRequest) -> StudyPlan:
    """A model's mean over seeds with its standard error over users, and the deviation over seeds.

    Hyperparameters, found by a search or not, are those of the evaluated model; the epoch is chosen
    anew. The seed of the evaluation is one of those compared and is not trained again.

    Raises:
        RecdagError: a model has not been evaluated, or there is no other seed.
    """
    axes = study.grid(request.dataset, request.axes)
    models, others = list(dict.fromkeys(axes["models"])), list(dict.fromkeys(axes["seeds"]))
    evaluated = evaluated_keys(request, models)
    cells = [cell for model in models for cell in _cells(request, model, others)]

    def compute() -> StudyResult:
        done = CellRunner(request, study.metrics).run_all(cells)
        again = pd.concat([result.metrics for result in done], ignore_index=True)
        every = pd.concat([again, _evaluated(request, models)], ignore_index=True)
        shown = every["metric"].isin(study.metrics) & (every["users"] == ALL_USERS)
        return StudyResult(_rows(study, every[shown]), again)

    return StudyPlan({"evaluated": evaluated, "cells": [cell.key for cell in cells]}, compute)


def _cells(request: StudyRequest, model: str, others: Sequence[int]) -> list[Cell]:
    card = Card.read(request.project.trained(request.dataset, request.paper, model))
    if card is None:
        raise RecdagError(
            f"{request.paper}/{model} has been evaluated, but its weights are gone",
            where=request.dataset,
            cure=f"Train it again: recdag run --dataset {request.dataset} --paper {request.paper}"
            f" --models {model}",
        )
    further = [seed for seed in others if seed != card.seed]
    if not further:
        raise RecdagError(
            f"{request.paper}/{model} was evaluated with seed {card.seed}, and there is no other",
            cure="Name others: --axis seeds=1,2",
        )
    cells = []
    for seed in further:
        training = TrainingRequest(
            dataset=request.dataset,
            paper=request.paper,
            model=model,
            overrides=card.config,
            seed=seed,
            selection="as_published" if card.selection == "as_published" else "validation",
            run_id=request.run_id,
        )
        plan = plan_training(request.project, training)
        version = evaluation_version(request.project, request.dataset, plan.protocol)
        cells.append(Cell(model, None, {}, plan, None, version))
    return cells


def _evaluated(request: StudyRequest, models: Sequence[str]) -> pd.DataFrame:
    with request.project.published.reading() as connection:
        return connection.execute(
            "from metrics where dataset = ? and paper = ? and study is null and users = 'all'"
            " and list_contains(?, model)",
            [request.dataset, request.paper, list(models)],
        ).df()


def _rows(study: Seeds, every: pd.DataFrame) -> pd.DataFrame:
    grouped = every.groupby(["metric", "model"], sort=False)
    means = grouped[["value", "std_err"]].mean().reset_index()
    deviations = grouped["value"].std().reset_index().assign(std_err=float("nan"))
    deviations["metric"] += f" {DEVIATION}"
    rows = pd.concat([means, deviations], ignore_index=True).rename(columns={"model": "series"})
    return rows.assign(x_name=None, x=float("nan"))
