"""Metrics against ir-measures without ties, and by hand where that has no counterpart."""

from __future__ import annotations

import ir_measures
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ir_measures import AP, RR, P, R, Success, nDCG

from recdag.errors import ConfigError
from recdag.evaluation.metrics import (
    METRICS,
    larger_is_better,
    metric_named,
    metric_title,
    overall,
    per_user,
    top_k_needed,
    user_weights,
)
from recdag.evaluation.ranking import Ranking


def ranking_of(ranks: list[list[float]], n_items: int = 50, weights=None, top=None) -> Ranking:
    counts = [len(mine) for mine in ranks]
    flat = np.concatenate(ranks).astype(float)
    return Ranking(
        user_ids=np.arange(len(ranks)),
        indptr=np.concatenate([[0], np.cumsum(counts)]),
        rank=flat,
        weight=np.ones(len(flat)) if weights is None else np.array(weights, float),
        n_candidates=np.full(len(ranks), n_items),
        n_items=n_items,
        top_items=np.empty((len(ranks), 0), int) if top is None else np.array(top),
    )


ORACLES = {
    "recall_plain@5": R @ 5,
    "recall_plain@20": R @ 20,
    "precision@5": P @ 5,
    "ndcg@10": nDCG @ 10,
    "ndcg@100": nDCG @ 100,
    "hr@10": Success @ 10,
    "mrr": RR,
    "map": AP,
}


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_equal_to_ir_measures_without_ties(seed):
    rng = np.random.default_rng(seed)
    ranks = [np.sort(rng.permutation(50)[: rng.integers(1, 30)] + 1).tolist() for _ in range(8)]
    run = {str(u): {str(j): float(-j) for j in range(1, 51)} for u in range(8)}
    qrels = {str(u): {str(int(r)): 1 for r in mine} for u, mine in enumerate(ranks)}
    ours = per_user(ranking_of(ranks), ORACLES)
    for name, measure in ORACLES.items():
        theirs = {int(each.query_id): each.value for each in ir_measures.iter_calc([measure], qrels, run)}
        np.testing.assert_allclose(ours[name], [theirs[u] for u in range(8)], rtol=1e-12, err_msg=name)


def test_variants_by_hand():
    ranking = ranking_of([[1, 3, 40], [7]], n_items=41)
    names = ["recall@2", "recall@10", "recall_plain@2", "mrr_sum", "mpr", "ndcg@3"]
    values = per_user(ranking, names)
    np.testing.assert_allclose(values["recall@2"], [1 / 2, 0])
    np.testing.assert_allclose(values["recall@10"], [2 / 3, 1], err_msg="fewer held out than the cut-off")
    np.testing.assert_allclose(values["recall_plain@2"], [1 / 3, 0])
    np.testing.assert_allclose(values["mrr_sum"], [1 + 1 / 3 + 1 / 40, 1 / 7])
    np.testing.assert_allclose(values["mpr"], [(0 + 2 + 39) / 40 / 3, 6 / 40])
    ideal = 1 + 1 / np.log2(3) + 1 / 2
    np.testing.assert_allclose(values["ndcg@3"], [(1 + 1 / 2) / ideal, 0])


def test_leave_one_out_ndcg_is_that_of_ncf():
    ranks = [[1.0], [2.0], [10.0], [10.5], [3.5]]
    expected = [np.log(2) / np.log(r + 1) if r <= 10 else 0 for (r,) in ranks]
    np.testing.assert_allclose(per_user(ranking_of(ranks), ["ndcg@10"])["ndcg@10"], expected)


def test_mpr_weighs_cells_over_all_users():
    weights = [0.5, 1.0, 0.25, 0.25]
    ranking = ranking_of([[1, 11], [5, 21]], n_items=41, weights=weights)
    values = per_user(ranking, ["mpr"])["mpr"]
    share = user_weights(ranking, ["mpr", "mrr"])
    assert list(share) == ["mpr"]
    percentiles = np.array([0, 10, 4, 20]) / 40
    published = (weights * percentiles).sum() / np.sum(weights)
    assert np.average(values, weights=share["mpr"]) == pytest.approx(published)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_no_metric_leaves_its_range_when_everything_is_tied(seed):
    rng = np.random.default_rng(seed)
    n_items = int(rng.integers(2, 12))
    counts = rng.integers(1, n_items + 1, 6)
    ranks = [[(n_items + 1) / 2] * int(count) for count in counts]
    names = ["recall@3", "recall_plain@3", "precision@3", "ndcg@3", "hr@3", "mrr", "map", "mpr"]
    for name, values in per_user(ranking_of(ranks, n_items), names).items():
        assert (values >= 0).all(), name
        assert (values <= 1 + 1e-12).all(), name


def test_coverage_counts_items_in_the_lists():
    ranking = ranking_of([[1], [1]], n_items=8, top=[[3, 1, 4], [1, 5, -1]])
    assert overall(ranking, ["coverage@1", "coverage@3", "mrr"]) == {"coverage@1": 2 / 8, "coverage@3": 4 / 8}
    assert "coverage@3" not in per_user(ranking, ["coverage@3"])
    assert top_k_needed(["mrr", "coverage@3", "ndcg@100"]) == 3
    with pytest.raises(ConfigError, match="needs the top 4"):
        overall(ranking, ["coverage@4"])


def test_names_are_checked():
    assert (metric_named("ndcg@100").family, metric_named("ndcg@100").cutoff) == ("ndcg", 100)
    assert metric_named("mpr").cutoff == 0
    for name in ("ndcg@100", "recall_plain@5", "mpr", "coverage@20"):
        assert metric_named(name).name == name
    assert not larger_is_better("mpr")
    assert larger_is_better("ndcg@5")
    for wrong in ("ndcg", "mrr@5", "auc@5", "hr@10_seen", "recall@0", "recall@five", "hr@"):
        with pytest.raises(ConfigError):
            metric_named(wrong)
    assert all(metric.summary for metric in METRICS.values())


def test_names():
    assert metric_title("ndcg@100") == "NDCG@100"
    assert metric_title("recall_plain@5") == "Recall (plain)@5"
    assert metric_title("mrr_sum") == "MRR (sum)"
    assert metric_title("new@3") == "new@3"
    assert metric_title("hr") == "HR" and larger_is_better("hr") and not larger_is_better("mpr")
