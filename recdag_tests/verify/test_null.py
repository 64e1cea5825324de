"""The paired tests where there is nothing to find: one model, two seeds."""

import numpy as np
import torch

from recdag.evaluation.experiment import evaluate
from recdag.evaluation.significance import compare_models
from recdag.recommenders.catalogue import model_spec
from recdag.training.options import FitOptions
from recdag.verify.null import TESTS, repetitions, simulated_split


def test_two_seeds_of_a_model_differ_as_often_as_the_level_says():
    pairs = [each["eals"] for each in repetitions(["eals"], 60, users=400, items=120)]
    assert len({pair.difference for pair in pairs}) == 60, "the seeds make a difference"
    rates = {test: np.mean([test in pair.rejected for pair in pairs]) for test in TESTS}
    # 999 of 1000 times a test that rejects in 5 % does so in at most 9 of 60.
    assert rates["t-test"] > 0 and max(rates.values()) <= 9 / 60, rates


def test_a_model_that_learned_more_is_told_from_one_that_did_not():
    split, spec = simulated_split(0, 400, 120), model_spec("wmf")
    few, many = spec.config(factors=2, epochs=1), spec.config(factors=8, epochs=10)
    reached = {}
    for name, config in (("few", few), ("many", many)):
        model = spec.create(config, torch.device("cpu"))
        model.fit(split.train_and_validation, FitOptions(seed=1))
        reached[name] = evaluate(model, split.test, ["ndcg@20"])
    (comparison,) = compare_models(reached, {"ndcg@20": ["many"]})
    assert comparison.p_value < 0.05 and comparison.difference > 0
