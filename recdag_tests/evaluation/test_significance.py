"""Paired tests against scipy's, brute force and simulated models that are equal."""

from __future__ import annotations

import time

import numpy as np
import pytest
from scipy import stats

from recdag.errors import DataError
from recdag.evaluation.significance import (
    best_model,
    compare_models,
    holm,
    not_worse,
    paired_t_test,
    signed_rank_test,
)
from recdag.evaluation.summary import Evaluation, pool_folds


def evaluations(values, metric="mrr", weights=None):
    """One evaluation a column."""
    shared = {} if weights is None else {metric: weights}
    return {
        f"m{at}": Evaluation(np.arange(len(values)), {metric: column}, shared)
        for at, column in enumerate(values.T)
    }


def graded(rng, n=500, models=4):
    """Values with many ties, as precision@5 has them; later columns are a little better."""
    skill = rng.beta(2, 3, n)[:, None] + np.linspace(0, 0.05, models)
    return rng.binomial(5, skill.clip(0, 1), (n, models)) / 5


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def test_the_t_test_is_students_for_paired_samples(rng):
    values = graded(rng)
    for weights in (None, np.full(len(values), 3.0)):
        mine = paired_t_test(values[:, 0], values[:, 1:], weights)
        theirs = stats.ttest_rel(values[:, [0]], values[:, 1:], axis=0).pvalue
        np.testing.assert_allclose(mine, theirs, rtol=1e-9)


def test_the_weighted_t_test_is_that_of_linearised_contributions_and_of_the_bootstrap(rng):
    n = 800
    weights, values = rng.gamma(2, size=n), rng.random((n, 2))
    values[:, 1] += 0.03 * weights
    means = np.average(values, axis=0, weights=weights)
    contributions = means + weights[:, None] * (values - means) / weights.mean()
    theirs = stats.ttest_rel(*contributions.T)
    (mine,) = paired_t_test(values[:, 0], values[:, 1:], weights)
    assert mine == pytest.approx(theirs.pvalue, rel=1e-9)
    (comparison,) = compare_models(evaluations(values, "mpr", weights), {"mpr": ["m0"]}, resamples=4000)
    assert comparison.difference == pytest.approx(means[0] - means[1])
    error = abs(comparison.difference / theirs.statistic)
    assert comparison.ci_high - comparison.ci_low == pytest.approx(2 * 1.96 * error, rel=0.06)


def test_integer_weights_mean_what_repeated_users_mean(rng):
    values, times = rng.random((60, 2)), rng.integers(1, 4, 60)
    (comparison,) = compare_models(evaluations(values, "mpr", times * 1.0), {"mpr": ["m0"]})
    repeated = np.repeat(values, times, axis=0)
    assert comparison.difference == pytest.approx((repeated[:, 0] - repeated[:, 1]).mean())


def test_the_signed_rank_test_is_wilcoxons_with_pratts_zeros(rng):
    hits = (graded(rng) * 5).round()
    mine = signed_rank_test(hits[:, 0] / 5, hits[:, 1:] / 5)
    theirs = [stats.wilcoxon(hits[:, 0] - column, zero_method="pratt").pvalue for column in hits.T[1:]]
    np.testing.assert_allclose(mine, theirs, rtol=1e-9)
    stored = (hits / 5).astype(np.float32).astype(np.float64)
    np.testing.assert_allclose(signed_rank_test(stored[:, 0], stored[:, 1:]), theirs, rtol=1e-9)


def test_pratts_zeros_by_hand():
    difference = np.array([0, 0, 1, 2, -3, 4, 5, 6, 7, 8, 9, 10, 11, 12, -13, 14.0])
    ranks = np.arange(1, 17)
    positive = ranks[difference > 0].sum()
    kept = ranks[difference != 0]
    z = (positive - kept.sum() / 2) / np.sqrt((kept**2).sum() / 4)
    (mine,) = signed_rank_test(difference, np.zeros((16, 1)))
    assert mine == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-6)


def test_models_that_never_differ_and_single_users_give_one(rng):
    values = rng.random(30)
    same = np.column_stack([values, values + 1e-9 * rng.random(30)])
    assert paired_t_test(values, same)[0] == 1.0
    np.testing.assert_array_equal(signed_rank_test(values, same), 1.0)
    assert paired_t_test(values[:1], same[:1] + 1)[0] == 1.0
    assert paired_t_test(values, values[:, None] - 0.5)[0] < 1e-12


def test_equal_models_are_told_apart_as_rarely_as_promised(rng):
    n, repetitions = 200, 200
    skill = rng.beta(2, 5, (n, 1))
    reference = rng.binomial(10, skill, (n, repetitions)) / 10
    other = rng.binomial(10, skill, (n, repetitions)) / 10
    weights = rng.gamma(2, size=n)
    pairs = [(reference[:, at], other[:, [at]]) for at in range(repetitions)]
    for test in (paired_t_test, signed_rank_test):
        for given in (None, weights):
            rejected = np.mean([test(a, b, given)[0] < 0.05 for a, b in pairs])
            assert 0.02 <= rejected <= 0.09, (test.__name__, given is None)


def test_the_interval_covers_no_difference_as_often_as_promised(rng):
    skill = rng.beta(2, 5, (150, 1))
    values = rng.binomial(10, skill, (150, 201)) / 10
    comparisons = [
        compare_models(evaluations(values[:, [at, at + 1]]), {"mrr": ["m0"]}, resamples=300, seed=at)[0]
        for at in range(0, 200)
    ]
    missed = np.mean([not each.ci_low <= 0 <= each.ci_high for each in comparisons])
    assert 0.02 <= missed <= 0.1


def test_holm_by_hand():
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(holm(np.array([0.5, 0.4, 0.02])), [0.8, 0.8, 0.06])
    np.testing.assert_allclose(holm(np.array([0.6, 0.7])), [1.0, 1.0])
    assert holm(np.array([])).size == 0


def test_holm_rejects_what_the_step_down_procedure_rejects(rng):
    for _ in range(50):
        p_values = rng.random(8) ** 3
        rejected = np.zeros(8, dtype=bool)
        for step, at in enumerate(np.argsort(p_values)):
            if p_values[at] > 0.05 / (8 - step):
                break
            rejected[at] = True
        np.testing.assert_array_equal(holm(p_values) <= 0.05, rejected)


def test_comparisons_of_several_references_and_metrics(rng):
    values = graded(rng)
    models = {
        name: Evaluation(each.user_ids, {"mrr": each.vectors["mrr"], "mpr": 1 - each.vectors["mrr"]})
        for name, each in evaluations(values).items()
    }
    found = compare_models(models, {"mrr": ["m3", "m0"], "mpr": ["m3"], "map": []})
    assert len(found) == 9
    pairs = {(each.metric, each.model_a, each.model_b): each for each in found}
    there, back = pairs["mrr", "m3", "m0"], pairs["mrr", "m0", "m3"]
    assert there.difference == -back.difference > 0
    assert there.p_value == pytest.approx(back.p_value)
    assert (there.ci_low, there.ci_high) == pytest.approx((-back.ci_high, -back.ci_low))
    assert pairs["mpr", "m3", "m0"].difference == pytest.approx(-there.difference)
    assert pairs["mpr", "m3", "m0"].p_value == pytest.approx(there.p_value)
    family = [pairs["mrr", "m3", f"m{at}"] for at in range(3)]
    np.testing.assert_allclose(
        [each.p_adjusted for each in family], holm(np.array([each.p_value for each in family]))
    )
    assert compare_models(models, {"mrr": ["m0"]}) == compare_models(models, {"mrr": ["m0"]})
    assert compare_models({"m0": models["m0"]}, {"mrr": ["m0"]}) == []
    assert compare_models(models, {}) == []


def test_the_best_and_those_not_worse(rng):
    base = rng.random(400)
    either_way = 0.1 * rng.permutation(np.repeat([-1, 1], 200))
    values = np.column_stack([base, base + either_way - 1e-3, base - 0.1])
    models = evaluations(values, "mpr")
    assert best_model(models, "mpr") == "m2"
    models = evaluations(values)
    assert best_model(models, "mrr") == "m0"
    assert not_worse(compare_models(models, {"mrr": ["m0"]}), "mrr", "m0") == {"m0", "m1"}


def test_a_user_of_several_folds_counts_once(rng):
    users = [np.sort(rng.permutation(80)[:60]) for _ in range(5)]
    folds = {name: [Evaluation(each, {"mrr": rng.random(60)}) for each in users] for name in ("a", "b")}
    (comparison,) = compare_models({name: pool_folds(each) for name, each in folds.items()}, {"mrr": ["a"]})
    assert comparison.n_users == len(np.unique(np.concatenate(users)))
    means = {name: np.mean([fold.aggregates["mrr"] for fold in each]) for name, each in folds.items()}
    assert comparison.difference == pytest.approx(means["a"] - means["b"])
    copies = {name: pool_folds([each[0]] * 5) for name, each in folds.items()}
    once = {name: each[0] for name, each in folds.items()}
    (copied,), (single,) = (compare_models(each, {"mrr": ["a"]}) for each in (copies, once))
    assert copied.p_value == pytest.approx(single.p_value) and copied.n_users == 60


def test_different_users_are_refused():
    models = {"a": Evaluation(np.arange(3), {"mrr": np.ones(3)})}
    models["b"] = Evaluation(np.array([0, 1, 4]), {"mrr": np.ones(3)})
    with pytest.raises(DataError, match="same users"):
        compare_models(models, {"mrr": ["a"]})


def test_eight_models_on_movielens_size_take_seconds(rng):
    vectors = rng.random((8, 4, 6040))
    names = ["mrr", "map", "ndcg@5", "recall@5"]
    models = {f"m{at}": Evaluation(np.arange(6040), dict(zip(names, each, strict=True)))
              for at, each in enumerate(vectors)}  # fmt: skip
    started = time.perf_counter()
    compare_models(models, {name: ["m0", "m1"] for name in names})
    assert time.perf_counter() - started < 10
