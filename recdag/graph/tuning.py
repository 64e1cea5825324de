"""Searching a recipe's space for the hyperparameters that validate best, with the same budget for all."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from recdag.errors import TrainingError
from recdag.graph.best_values import BestValues, Target, best_values_path, read_best_values, search_target
from recdag.graph.feasibility import require_memory
from recdag.graph.project import Project
from recdag.graph.search import Pruned, Report, Search, Trial
from recdag.graph.shared_splits import read_splits
from recdag.graph.step import step_key
from recdag.graph.training_request import TrainingRequest
from recdag.papers.catalogue import PAPERS
from recdag.recipes.budget import Budget, budget_columns
from recdag.recommenders.catalogue import model_spec
from recdag.warehouse.lookups import recorded_keys
from recdag.warehouse.provenance import record
from recdag.warehouse.published import replace_rows

if TYPE_CHECKING:
    from recdag.training.options import Progress


def tune_model(
    project: Project,
    request: TrainingRequest,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    heartbeat: Callable[[], None] = lambda: None,
) -> BestValues | None:
    """Search with the request's budget, or find that this has been done; fills the table `trials`.

    The first trial has the recipe's own values. A trial is fitted on the training part of the first
    fold and judged on its validation part; test is never looked at. A search that was stopped goes
    on, and what it has done counts against the budget. With a budget of seconds, a trial that is
    still running when they are over is pruned, except for the first.

    Returns:
        The best values, or None where there is no budget or nothing to search.

    Raises:
        TrainingError: no trial could be trained.
    """
    budget, target = request.budget, search_target(project, request)
    if budget is None or not target.space:
        return None
    path, asset = best_values_path(project, request), f"{request.paper}/{request.model}/trials"
    key = step_key(search=target.key, budget=str(budget))
    known = read_best_values(path, target, budget)
    with project.published.reading() as connection:
        published = recorded_keys(connection).get((request.dataset, asset)) == key
    if known is not None and published:
        return known
    with project.training_lock(heartbeat):
        trials = _run_trials(project, request, budget, target, on_progress, heartbeat)
    complete = [trial for trial in trials if trial.state == "complete"]
    if not complete:
        raise TrainingError(
            f"none of {len(trials)} trials could be trained; the last one: {trials[-1].problem}",
            where=f"{request.paper}/{request.model} on {request.dataset}",
            cure="Narrow the search in the recipe",
        )
    best = max(complete, key=_quality)
    values = BestValues(
        key=target.key,
        budget=str(budget),
        trials=len(trials),
        values=dict(best.values),
        metric=target.metric,
        validation=_sign(target) * _quality(best),
    )
    with project.published.update() as connection:
        where = {"dataset": request.dataset, "paper": request.paper, "model": request.model}
        replace_rows(connection, "trials", _rows(request.paper, trials, target, budget), **where)
        record(connection, asset, key, key, {}, dataset=request.dataset)
    values.write(path)
    return values


def _quality(trial: Trial) -> float:
    return float("-inf") if trial.quality is None else trial.quality


def _sign(target: Target) -> float:
    """Turns a metric into one that is larger when better, and back."""
    from recdag.evaluation.metrics import larger_is_better

    return 1.0 if larger_is_better(target.metric) else -1.0


def _within(budget: Budget, trials: Sequence[Trial]) -> list[Trial]:
    """The trials that began while the budget allowed one more."""
    seconds = 0.0
    within: list[Trial] = []
    for trial in trials:
        if not budget.allows(len(within), seconds):
            break
        within.append(trial)
        seconds += trial.seconds
    return within


def _run_trials(
    project: Project,
    request: TrainingRequest,
    budget: Budget,
    target: Target,
    on_progress: Callable[[Progress], None],
    heartbeat: Callable[[], None],
) -> list[Trial]:
    """Try until the budget is used up; the trials within it."""
    from recdag.evaluation.experiment import validate_config
    from recdag.evaluation.protocols import PROTOCOLS
    from recdag.training.device import choose_device
    from recdag.training.options import FitOptions

    spec, protocol = model_spec(request.model), PAPERS[request.paper].protocol
    folder = best_values_path(project, request).with_name("tuning")
    checkpoints = folder / f"{request.model}.checkpoints"
    own = {name: getattr(target.config, name) for name in target.space}
    search = Search(folder / f"{request.model}.journal", target.key, target.space, own, request.seed)
    split, sign = read_splits(project, request.dataset, protocol)[0], _sign(target)
    require_memory(spec, len(split.user_ids), len(split.item_ids))

    def measure(values: dict[str, Any], report: Report) -> tuple[float, int | None]:
        def watch(progress: Progress) -> None:
            on_progress(replace(progress, phase=f"trial {len(trials) + 1} of {budget}: {progress.phase}"))
            if "validation" in progress.values:
                report(progress.phase, progress.epoch, progress.values["validation"])

        def beat() -> None:
            heartbeat()
            if trials and not budget.allows(len(trials), spent + time.perf_counter() - started):
                raise Pruned

        started = time.perf_counter()
        options = FitOptions(
            seed=request.seed,
            device=choose_device(),
            checkpoint=checkpoints,
            fingerprint=step_key(search=target.key, values=values),
            on_progress=watch,
            heartbeat=beat,
        )
        config = target.config.replace(**values)
        value, history = validate_config(spec, config, split, PROTOCOLS[protocol], options)
        epochs = history.selected.get("epochs")
        return sign * value, None if epochs is None else int(epochs)

    while True:
        trials = search.trials()
        spent = sum(trial.seconds for trial in trials)
        if not budget.allows(len(trials), spent):
            return _within(budget, trials)
        search.attempt(measure)
        shutil.rmtree(checkpoints, ignore_errors=True)


def _rows(paper: str, trials: Sequence[Trial], target: Target, budget: Budget) -> pd.DataFrame:
    sign = _sign(target)
    return pd.DataFrame(
        {
            "protocol": PAPERS[paper].protocol,
            "trial": number,
            "state": trial.state,
            "hyperparameters": json.dumps(dict(trial.values)),
            "metric": target.metric,
            "validation": None if trial.quality is None else sign * trial.quality,
            "epochs": trial.epochs,
            "seconds": trial.seconds,
            **budget_columns(budget),
            "created_at": trial.ended_at,
        }
        for number, trial in enumerate(trials, 1)
    ).astype({"epochs": "Int32", "validation": "float64"})
