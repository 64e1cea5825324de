"""Models fitted on a split, and measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from recdag.errors import ConfigError, DataError
from recdag.evaluation.experiment import evaluate as evaluate_fold
from recdag.evaluation.experiment import run_experiment
from recdag.evaluation.summary import pool_folds, summarise
from recdag.graph.project import Project
from recdag.library.data_sets import DataSplit
from recdag.recommenders.base import Query, Recommender
from recdag.recommenders.catalogue import model_spec
from recdag.recommenders.config import Config
from recdag.training.device import choose_device
from recdag.training.options import FitOptions, History, Scorer


@dataclass(frozen=True)
class FittedModel:
    """A model fitted on every fold of a split.

    Attributes:
        config: the hyperparameters.
        folds: the fitted recommender of each fold.
        histories: the learning curve of each fold, and what was chosen on validation.
        seconds: of all fits, validation included.
    """

    name: str
    config: Config
    split: DataSplit
    folds: tuple[Recommender[Any], ...]
    histories: tuple[History, ...]
    seconds: float

    def score(self, users: Sequence[object], fold: int = 0) -> pd.DataFrame:
        """Scores of all items, larger is better; what a user has already is scored like the rest.

        Args:
            users: B keys of training users.
            fold: which of the fitted models.

        Returns:
            (B, m) float32, a row a user and a column an item, by their keys.

        Raises:
            DataError: a user is not among those of training.
        """
        split, data = self.split.folds[fold], self.split.data
        places = {key: place for place, key in enumerate(data.users[split.user_ids])}
        if strange := [user for user in users if str(user) not in places]:
            raise DataError(
                f"{strange[0]!r} is no user whom the model has learned from",
                where=data.name,
                cure=f"There are {len(places)}, such as {next(iter(places))!r}: "
                "split.data.users[split.folds[0].user_ids]",
            )
        rows = np.array([places[str(user)] for user in users], dtype=np.int64)
        history = (split.train_and_validation or split.train).positives[rows]
        scores = self.folds[fold].score(Query(rows, history)).cpu().numpy()
        return pd.DataFrame(scores, index=list(users), columns=data.items[split.item_ids])


def fit(
    model: str, split: DataSplit, *, seed: int = 0, recipe: str | None = None, **hyperparameters: Any
) -> FittedModel:
    """Fit a model on every fold, as a run does: its epoch is chosen on validation, then it learns from both.

    Args:
        model: a name of `recdag models`, "ease" for example.
        seed: of every random draw.
        recipe: the paper whose recipe gives the values; None: the model's own defaults.
        hyperparameters: that go before both.

    Raises:
        ConfigError: no model or paper is called so, or a hyperparameter cannot have its value.
        TrainingError: the model could not be trained.
    """
    spec = model_spec(model)
    if recipe is None:
        config = spec.config(**hyperparameters)
    else:
        config = Project.open().recipe(recipe).config(model, split.data.name, hyperparameters)
    options = FitOptions(seed=seed, device=choose_device())
    runs = [run_experiment(spec, config, fold, split.protocol, options) for fold in split.folds]
    return FittedModel(
        name=model,
        config=config,
        split=split,
        folds=tuple(run.model for run in runs),
        histories=tuple(run.history for run in runs),
        seconds=sum(run.seconds for run in runs),
    )


def evaluate(
    model: FittedModel | Scorer | Sequence[Scorer], split: DataSplit, metrics: Iterable[str] | None = None
) -> pd.DataFrame:
    """Metrics on the test users of a split, means over its folds.

    Args:
        model: as from `fit`, or a recommender of one's own, one for each fold.
        metrics: the protocol's own by default; "recall@20" for example.

    Returns:
        A row a metric, its name the index: value, std_err, ci_low, ci_high (95 %, bootstrap), n_users. The
        columns are those of the published table `metrics`.

    Raises:
        ConfigError: a name is no metric, or there is not a model for each fold.
    """
    names = list(split.protocol.metrics if metrics is None else metrics)
    models = model.folds if isinstance(model, FittedModel) else model
    models = models if isinstance(models, Sequence) else (models,)
    if len(models) != len(split.folds):
        raise ConfigError(
            f"{len(models)} models for {len(split.folds)} folds", cure="Give one for each of split.folds"
        )
    measured = [evaluate_fold(each, fold.test, names) for each, fold in zip(models, split.folds, strict=True)]
    summaries = summarise(pool_folds(measured))
    rows = pd.DataFrame([vars(summaries[name]) for name in names], index=pd.Index(names, name="metric"))
    return rows.assign(n_users=rows["n_users"].astype(int))
