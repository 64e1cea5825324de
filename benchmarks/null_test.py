"""How often the paired tests find a difference where there is none.

    python benchmarks/null_test.py --models wmf eals fawmf --repetitions 200

Each repetition simulates a shop as large as the data set `demo`, splits it as the benchmark does and
trains one model twice, with two seeds and the recipe for demo. What a seed does is chance, so a test at
5 % should reject in about 5 % of the repetitions. With 200 of them a rate of 5 % is measured within 2 to
8 % (95 % interval of a binomial share).

The tests take users as the sample, so they see what a seed does to single users. What it does to all of
them at once, through item parameters that stop short of convergence, is no error of the sample: two fits
of bpr do differ, and a test of users says so. The study benchmark/seeds measures that part.

Ends with 1 where the t-test of a model rejects in less than 2 % or more than 9 % of the repetitions.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from recdag.datasets.simulator import simulate
from recdag.evaluation.experiment import evaluate
from recdag.evaluation.protocols import PROTOCOLS, ProtocolOptions, build_split
from recdag.evaluation.significance import LEVEL, compare_models
from recdag.evaluation.split import Interactions, Split
from recdag.papers.recipes import load_recipe
from recdag.recommenders.configs.base import Config
from recdag.recommenders.registry import ModelSpec, model_spec
from recdag.settings import SHIPPED_RECIPES
from recdag.training.options import FitOptions

LOWEST, HIGHEST = 0.02, 0.09
TESTS = ("t-test", "wilcoxon", "bootstrap")
_USERS, _ITEMS, _COMMUNITIES = 2000, 800, 6
_SHOWN_EVERY = 20


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
    (found,) = compare_models(evaluations, {metric: [str(seeds[0])]})
    held = (found.p_value < LEVEL, found.p_wilcoxon < LEVEL, found.ci_low > 0 or found.ci_high < 0)
    return Null(found.difference, tuple(test for test, says in zip(TESTS, held, strict=True) if says))


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


def main(arguments: list[str] | None = None) -> int:
    """Repeat, print the rates, and tell by the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--models", nargs="+", default=["wmf", "eals", "fawmf"], help="of the benchmark")
    parser.add_argument("--metric", default="ndcg@20")
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--users", type=int, default=_USERS)
    parser.add_argument("--items", type=int, default=_ITEMS)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    rejected: dict[str, Counter[str]] = {name: Counter() for name in options.models}
    differences: dict[str, list[float]] = {name: [] for name in options.models}
    print(f"{'repetitions':12}{'model':12}" + "".join(f"{test:>12}" for test in TESTS) + f"{'deviation':>12}")
    every = repetitions(
        options.models, options.repetitions, options.metric, users=options.users, items=options.items
    )
    for done, found in enumerate(every, 1):
        for name, null in found.items():
            rejected[name].update(null.rejected)
            differences[name].append(null.difference)
            if done % _SHOWN_EVERY == 0 or done == options.repetitions:
                shown = "".join(f"{rejected[name][test] / done:12.1%}" for test in TESTS)
                print(f"{done:<12}{name:12}{shown}{np.std(differences[name]):12.5f}", flush=True)
    rates = {name: counted["t-test"] / options.repetitions for name, counted in rejected.items()}
    held = all(LOWEST <= rate <= HIGHEST for rate in rates.values())
    print(f"the t-test is {'' if held else 'not '}within 2 to 9 % for all")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
