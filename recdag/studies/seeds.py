"""How much a model's result owes to the seed: the evaluated models trained again with other ones."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Self

from recdag.errors import RecdagError
from recdag.evaluation.metrics import ALL_USERS
from recdag.recommenders.catalogue import MODELS
from recdag.studies.bench import Bench, Cell
from recdag.studies.study import DEVIATION, MEAN, Axes, Reads, Study, StudyPlan, StudyResult, Sweep

if TYPE_CHECKING:
    import pandas as pd

    from recdag.studies.content import Content, Shown
    from recdag.warehouse.lineage import Origins


@dataclass(frozen=True, kw_only=True)
class Seeds(Sweep):
    """The evaluated models trained again, as they are, with other seeds.

    Its axes are `models`, names of the paper's, and `seeds`, besides the one of the evaluation.
    """

    lineage: ClassVar[Origins] = Study.lineage

    def reads(self, chosen: Axes | None = None) -> Reads:
        return Reads(models=tuple((chosen or {}).get("models") or self.axes["models"]))

    def narrowed(self, evaluated: Collection[str]) -> Self:
        among = tuple(model for model in self.axes["models"] if model in evaluated)
        return replace(self, axes={**self.axes, "models": among}) if among else self

    def plan(self, bench: Bench) -> StudyPlan:
        """A model's mean over seeds with its standard error over users, and the deviation over seeds.

        Hyperparameters, found by a search or not, are those of the evaluated model; the epoch is chosen
        anew. The seed of the evaluation is one of those compared and is not trained again.

        Raises:
            RecdagError: a model has not been evaluated, or there is no other seed.
        """
        axes = self.grid(bench.dataset, bench.axes)
        models, seeds = list(dict.fromkeys(axes["models"])), list(dict.fromkeys(axes["seeds"]))
        evaluated = bench.evaluated(models)
        runs = bench.cells([cell for model in models for cell in _cells(bench, model, seeds)])

        def compute() -> StudyResult:
            import pandas as pd

            results = runs.run(self.metrics)
            again = pd.concat([result.metrics for result in results], ignore_index=True)
            every = pd.concat([again, bench.results(models)], ignore_index=True)
            shown = every["metric"].isin(self.metrics) & (every["users"] == ALL_USERS)
            return StudyResult(_rows(every[shown]), again)

        return StudyPlan({"evaluated": evaluated, "cells": runs.keys}, compute)

    def content(self, shown: Shown) -> Content:
        from recdag.studies.content import dots

        return dots(shown)


def by_seed(models: Sequence[str], metrics: Sequence[str]) -> Seeds:
    """A paper's study over seeds, of those of its models that draw anything at random."""
    return Seeds(
        id="seeds",
        title="By seed",
        summary="Models trained again with further seeds: the mean over seeds, and how far single seeds are "
        "from it, beside the standard error over users. Models that draw nothing at random are left out.",
        axes={"models": tuple(model for model in models if MODELS[model].random), "seeds": (1, 2)},
        metrics=tuple(metrics),
    )


def _cells(bench: Bench, model: str, seeds: Sequence[int]) -> Iterator[Cell]:
    trained = bench.trained(model)
    further = [seed for seed in seeds if seed != trained.seed]
    if not further:
        raise RecdagError(
            f"{bench.paper}/{model} was evaluated with seed {trained.seed}, and there is no other",
            cure="Name others: --axis seeds=1,2",
        )
    for seed in further:
        yield Cell(model, None, model, trained.config, seed, selection=trained.selection)


def _rows(every: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    grouped = every.groupby(["metric", "model"], sort=False)
    means = grouped[["value", "std_err"]].mean().reset_index().assign(statistic=MEAN)
    deviations = grouped["value"].std().reset_index().assign(std_err=float("nan"), statistic=DEVIATION)
    return pd.concat([means, deviations], ignore_index=True).rename(columns={"model": "series"})
