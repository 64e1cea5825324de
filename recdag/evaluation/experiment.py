"""One model on one split: fit, choose on validation, fit again, evaluate."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from recdag.errors import DataError
from recdag.evaluation import metrics
from recdag.evaluation.protocols import Protocol
from recdag.evaluation.ranking import rank
from recdag.evaluation.split import HeldOut, Split
from recdag.evaluation.summary import Evaluation
from recdag.recommenders.base import Recommender
from recdag.recommenders.config import Config
from recdag.recommenders.spec import ModelSpec
from recdag.training.data import TrainingData
from recdag.training.memory import memory_errors
from recdag.training.options import FitOptions, History, Scorer

Selection = Literal["validation", "as_published"]


@dataclass(frozen=True)
class Experiment:
    """A fitted model and how it came about.

    Attributes:
        model: to be evaluated on test.
        history: learning curves of all phases, and what was chosen.
        seconds: wall time of all fits, validation included.
    """

    model: Recommender[Any]
    history: History
    seconds: float


@memory_errors()
def run_experiment(
    spec: ModelSpec,
    config: Config,
    split: Split,
    protocol: Protocol,
    options: FitOptions,
    *,
    selection: Selection = "validation",
    refit: bool = True,
    memory_bytes: int | None = None,
) -> Experiment:
    """Fit a model the way the protocol says.

    A model that learns by epochs is fitted on `split.train` in phase "select", its epoch chosen on
    validation; where the validation items belong to training users, a new model then learns for that
    many epochs from training and validation together, in phase "final". Other models are fitted once
    on all that may be learned from.

    Args:
        spec, config: the model.
        split: one fold.
        protocol: gives the metric to choose by.
        options: seed, device, checkpoint, progress; its `validate` is not looked at.
        selection: "as_published" learns from training and validation and chooses the epoch on test,
            as some authors did; to be labelled wherever it is shown.
        refit: False keeps the model of phase "select".
        memory_bytes: about what a block of scores may take in validation.

    Raises:
        DataError: there is no user to choose on.
        TrainingError: the model could not be trained.
    """
    started = time.perf_counter()
    everything = split.train_and_validation or split.train
    if not spec.learns_by_epochs:
        model, history = _fit(spec, config, everything, replace(options, validate=None), "final")
    elif selection == "as_published":
        watched = _watching(options, split.test, protocol.selection_metric, memory_bytes)
        model, history = _fit(spec, config, everything, watched, "as_published")
    else:
        watched = _watching(options, split.validation, protocol.selection_metric, memory_bytes)
        model, history = _fit(spec, config, split.train, watched, "select")
        if refit and split.train_and_validation is not None:
            del model
            chosen = config.replace(**history.selected)
            unwatched = replace(options, validate=None)
            model, last = _fit(spec, chosen, split.train_and_validation, unwatched, "final")
            history = History(history.rows + last.rows, history.selected)
    return Experiment(model, history, time.perf_counter() - started)


@memory_errors()
def validate_config(
    spec: ModelSpec,
    config: Config,
    split: Split,
    protocol: Protocol,
    options: FitOptions,
    memory_bytes: int | None = None,
) -> tuple[float, History]:
    """How good a configuration is, by validation alone: fitted on `split.train`, test not looked at.

    Args:
        spec, config: the model.
        split: one fold.
        protocol: gives the metric.
        options: seed, device, checkpoint, progress; its `validate` is not looked at.
        memory_bytes: about what a block of scores may take in validation.

    Returns:
        The protocol's selection metric on the validation users, and what the fit left behind.

    Raises:
        DataError: there is no user to validate on.
        TrainingError: the model could not be trained.
    """
    metric = protocol.selection_metric
    watched = _watching(options, split.validation, metric, memory_bytes)
    if not spec.learns_by_epochs:
        watched = replace(options, validate=None)
    model, history = _fit(spec, config, split.train, watched, "select")
    return evaluate(model, split.validation, [metric], memory_bytes).aggregates[metric], history


def evaluate(
    model: Scorer, held_out: HeldOut, names: Iterable[str], memory_bytes: int | None = None
) -> Evaluation:
    """Metrics of a fitted model on held-out users.

    Raises:
        DataError: there is no user to evaluate.
        ConfigError: a name is no metric.
        TrainingError: a score is not a number.
    """
    names = list(names)
    if len(held_out) == 0:
        raise DataError(
            "no user has a held-out item",
            cure="Lower the protocol's minimum of interactions, or take a larger data set",
        )
    ranking = rank(model, held_out, memory_bytes=memory_bytes, top_k=metrics.top_k_needed(names))
    return Evaluation(
        user_ids=ranking.user_ids,
        vectors=metrics.per_user(ranking, names),
        weights=metrics.user_weights(ranking, names),
        whole=metrics.overall(ranking, names),
    )


def _fit(
    spec: ModelSpec, config: Config, data: TrainingData, options: FitOptions, phase: str
) -> tuple[Recommender[Any], History]:
    model = spec.create(config, options.device)
    return model, model.fit(data, options.in_phase(phase))


def _watching(options: FitOptions, held_out: HeldOut, metric: str, memory_bytes: int | None) -> FitOptions:
    """The options with a validation that is larger when better."""
    sign = 1.0 if metrics.larger_is_better(metric) else -1.0

    def validate(model: Scorer) -> float:
        return sign * evaluate(model, held_out, [metric], memory_bytes).aggregates[metric]

    return replace(options, validate=validate)
