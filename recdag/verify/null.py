"""How often the paired tests find a difference where there is none.

Each repetition simulates a shop as large as the data set `demo`, splits it as the benchmark does and
trains one model twice, with two seeds and the recipe for demo. What a seed does is chance, so a test at
5 % should reject in about 5 % of the repetitions. With 200 of them a rate of 5 % is measured within 2 to
8 % (95 % interval of a binomial share).

The tests take users as the sample, so they see what a seed does to single users. What it does to all of
them at once, through item parameters that stop short of convergence, is no error of the sample: two fits
of bpr do differ, and a test of users says so. The study benchmark/seeds measures that part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from recdag.datasets.simulator import simulate
from recdag.evaluation.experiment import evaluate
from recdag.evaluation.protocols import PROTOCOLS, ProtocolOptions, build_split
from recdag.evaluation.significance import LEVEL, compare_models
from recdag.evaluation.split import Interactions, Split
from recdag.recipes.recipe import load_recipe
from recdag.recommenders.catalogue import model_spec
from recdag.recommenders.config import Config
from recdag.recommenders.spec import ModelSpec
from recdag.settings import SHIPPED_RECIPES
from recdag.training.options import FitOptions

LOWEST, HIGHEST = 0.02, 0.09
TESTS = ("t-test", "wilcoxon", "bootstrap")
_USERS, _ITEMS, _COMMUNITIES = 2000, 800, 6


@dataclass(frozen=True)
class Null:
    """One model trained twice on one simulated shop.

    Attributes:
        difference: of the means of the two.
        rejected: of TESTS, those that find a difference at LEVEL.
    """

    difference: float
    rejected: tuple[str, ...]


def simulated_split(seed: int, users: int = _USERS, items: int = _ITEMS) -> Split:
    """The benchmark's split of a shop's purchases."""
    counts = simulate(seed, users, items, _COMMUNITIES).counts("purchase")
    user, item = (ids.astype(np.int32) for ids in np.nonzero(counts))
    interactions = Interactions(users, items, user, item, counts[user, item].astype(np.float32))
    assignment = PROTOCOLS["user_holdout"].assign(interactions, ProtocolOptions(seed=seed))
    return build_split(interactions, assignment)


def compare_seeds(spec: ModelSpec, config: Config, split: Split, metric: str, seeds: tuple[int, int]) -> Null:
    """Train a model with two seeds and test the difference of their test users."""
    evaluations = {}
    for seed in seeds:
        model = spec.create(config, torch.device("cpu"))
        model.fit(split.train_and_validation or split.train, FitOptions(seed=seed))
        evaluations[str(seed)] = evaluate(model, split.test, [metric])
    (test,) = compare_models(evaluations, {metric: [str(seeds[0])]})
    held = (test.p_value < LEVEL, test.p_wilcoxon < LEVEL, test.ci_low > 0 or test.ci_high < 0)
    return Null(test.difference, tuple(test for test, says in zip(TESTS, held, strict=True) if says))


def repetitions(
    models: Sequence[str],
    count: int,
    metric: str = "ndcg@20",
    first: int = 1000,
    users: int = _USERS,
    items: int = _ITEMS,
    dataset: str = "demo",
) -> Iterator[dict[str, Null]]:
    """Model -> what its two seeds show, once a simulated shop."""
    recipe = load_recipe(SHIPPED_RECIPES, "benchmark")
    configs = {name: recipe.config(name, dataset) for name in models}
    for shop in range(first, first + count):
        split = simulated_split(shop, users, items)
        yield {
            name: compare_seeds(model_spec(name), config, split, metric, (2 * shop, 2 * shop + 1))
            for name, config in configs.items()
        }
