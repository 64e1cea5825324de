"""Means with uncertainty, and folds pooled."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from recdag.evaluation.summary import Evaluation, pool_folds, summarise


def test_mean_error_and_interval_of_a_plain_metric():
    values = np.random.default_rng(0).beta(1, 3, 800)
    evaluation = Evaluation(np.arange(800), {"mrr": values}, whole={"coverage@5": 0.25})
    summary = summarise(evaluation)
    mine = summary["mrr"]
    assert mine.value == pytest.approx(values.mean()) == evaluation.aggregates["mrr"]
    assert mine.std_err == pytest.approx(stats.sem(values))
    theirs = stats.bootstrap((values,), np.mean, method="percentile", rng=np.random.default_rng(1))
    assert mine.ci_low == pytest.approx(theirs.confidence_interval.low, abs=0.3 * mine.std_err)
    assert mine.ci_high == pytest.approx(theirs.confidence_interval.high, abs=0.3 * mine.std_err)
    assert mine.n_users == 800
    assert summary["coverage@5"].value == 0.25
    assert np.isnan(summary["coverage@5"].std_err)
    assert summarise(evaluation, seed=0)["mrr"] == mine
    assert summarise(evaluation, seed=1)["mrr"].ci_low != mine.ci_low


def test_error_of_a_weighted_mean_is_that_of_its_bootstrap():
    rng = np.random.default_rng(2)
    weights, values = rng.gamma(2, size=600), rng.random(600)
    evaluation = Evaluation(np.arange(600), {"mpr": values}, {"mpr": weights})
    summary = summarise(evaluation, resamples=4000)["mpr"]
    assert summary.value == pytest.approx((weights * values).sum() / weights.sum())
    assert summary.ci_high - summary.ci_low == pytest.approx(2 * 1.96 * summary.std_err, rel=0.06)


def test_an_interval_needs_no_block_of_all_draws(monkeypatch):
    evaluation = Evaluation(np.arange(50), {"mrr": np.random.default_rng(0).random(50)})
    at_once = summarise(evaluation, resamples=40)
    monkeypatch.setattr("recdag.evaluation.summary._DRAWS_AT_ONCE", 120)
    in_blocks = summarise(evaluation, resamples=40)
    assert at_once["mrr"].ci_low == pytest.approx(in_blocks["mrr"].ci_low)


def test_pooled_folds_give_the_mean_over_folds():
    rng = np.random.default_rng(3)
    folds = []
    for _ in range(5):
        users = np.sort(rng.permutation(100)[: rng.integers(60, 100)])
        n = len(users)
        folds.append(
            Evaluation(
                users,
                {"mrr": rng.random(n), "mpr": rng.random(n)},
                {"mpr": rng.gamma(2, size=n)},
                {"coverage@5": rng.random()},
            )
        )
    pooled = pool_folds(folds)
    for name, value in pooled.aggregates.items():
        assert value == pytest.approx(np.mean([fold.aggregates[name] for fold in folds])), name
    assert len(pooled.user_ids) == len(np.unique(np.concatenate([fold.user_ids for fold in folds])))
    single = pool_folds(folds[:1])
    np.testing.assert_allclose(single.vectors["mrr"], folds[0].vectors["mrr"])
    assert summarise(single)["mrr"].std_err == pytest.approx(summarise(folds[0])["mrr"].std_err)
