"""The paired tests where there is nothing to find: one model, two seeds."""

import numpy as np
import pytest
import torch


@pytest.fixture(scope="module")
def null_test(benchmark_script):
    return benchmark_script("null_test")


def test_two_seeds_of_a_model_differ_as_often_as_the_level_says(null_test):
    found = [each["eals"] for each in null_test.repetitions(["eals"], 60, users=400, items=120)]
    assert len({null.difference for null in found}) == 60, "the seeds make a difference"
    rates = {test: np.mean([test in null.rejected for null in found]) for test in null_test.TESTS}
    # 999 of 1000 times a test that rejects in 5 % does so in at most 9 of 60.
    assert rates["t-test"] > 0 and max(rates.values()) <= 9 / 60, rates


def test_a_model_that_learned_more_is_told_from_one_that_did_not(null_test):
    split = null_test.simulated_split(0, 400, 120)
    spec = null_test.model_spec("wmf")
    few, many = spec.config(factors=2, epochs=1), spec.config(factors=8, epochs=10)
    reached = {}
    for name, config in (("few", few), ("many", many)):
        model = spec.create(config, torch.device("cpu"))
        model.fit(split.train_and_validation, null_test.FitOptions(seed=1))
        reached[name] = null_test.evaluate(model, split.test, ["ndcg@20"])
    (found,) = null_test.compare_models(reached, {"ndcg@20": ["many"]})
    assert found.p_value < 0.05 and found.difference > 0
