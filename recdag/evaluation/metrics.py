"""Metrics by name, one value a user; variants that others call by the same name have names of their own.

A cut-off follows the name: `recall@20`. Ranks may end in .5 where scores tie; an item counts as
among the first k when its rank is at most k, and k places hold at most k hits. A metric of some of
the users only carries their group at its end: `hr@10_seen`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from recdag.errors import ConfigError

if TYPE_CHECKING:
    from recdag.evaluation.ranking import Ranking


class _Ranked:
    """A ranking with what several metrics share: row of each cell, number of targets, hits."""

    def __init__(self, ranking: Ranking) -> None:
        self.ranking = ranking
        self.rank = ranking.rank
        self.n_targets = np.diff(ranking.indptr)
        self.row = np.repeat(np.arange(len(ranking)), self.n_targets)

    def sum_by_user(self, values: np.ndarray) -> np.ndarray:
        return np.bincount(self.row, values, minlength=len(self.n_targets))

    def hits(self, k: int) -> np.ndarray:
        return np.minimum(self.sum_by_user(self.rank <= k), k)

    @cached_property
    def user_weight(self) -> np.ndarray:
        return self.sum_by_user(self.ranking.weight)


def _recall(ranked: _Ranked, k: int) -> np.ndarray:
    return ranked.hits(k) / np.minimum(ranked.n_targets, k)


def _recall_plain(ranked: _Ranked, k: int) -> np.ndarray:
    return ranked.hits(k) / ranked.n_targets


def _precision(ranked: _Ranked, k: int) -> np.ndarray:
    return ranked.hits(k) / k


def _hit_rate(ranked: _Ranked, k: int) -> np.ndarray:
    return (ranked.hits(k) > 0).astype(np.float64)


def _ndcg(ranked: _Ranked, k: int) -> np.ndarray:
    gains = np.where(ranked.rank <= k, 1 / np.log2(ranked.rank + 1), 0.0)
    n_ideal = np.minimum(ranked.n_targets, k)
    ideal = np.cumsum(1 / np.log2(np.arange(n_ideal.max(initial=1)) + 2))[n_ideal - 1]
    return np.minimum(ranked.sum_by_user(gains) / ideal, 1.0)


def _mrr(ranked: _Ranked) -> np.ndarray:
    best = np.full(len(ranked.n_targets), np.inf)
    np.minimum.at(best, ranked.row, ranked.rank)
    return 1 / best


def _mrr_sum(ranked: _Ranked) -> np.ndarray:
    return ranked.sum_by_user(1 / ranked.rank)


def _map(ranked: _Ranked) -> np.ndarray:
    ordered = ranked.rank[np.lexsort((ranked.rank, ranked.row))]
    place = np.arange(len(ordered)) - ranked.ranking.indptr[ranked.row] + 1
    return ranked.sum_by_user(place / ordered) / ranked.n_targets


def _mpr(ranked: _Ranked) -> np.ndarray:
    n_others = np.maximum(ranked.ranking.n_candidates - 1, 1)[ranked.row]
    percentile = (ranked.rank - 1) / n_others
    return ranked.sum_by_user(ranked.ranking.weight * percentile) / ranked.user_weight


def _coverage(ranking: Ranking, k: int) -> float:
    if ranking.top_items.shape[1] < min(k, ranking.n_items):
        raise ConfigError(f"coverage@{k} needs the top {k} items of every user")
    listed = ranking.top_items[:, :k]
    return len(np.unique(listed[listed >= 0])) / ranking.n_items


@dataclass(frozen=True)
class Metric:
    """A metric without its cut-off.

    Attributes:
        summary: definition in words.
        has_cutoff: is written with `@k`.
        larger_is_better: direction.
        weighted: its mean over users weighs each by the weights of her held-out cells.
        whole: one value of all users together, none a user.
        low, high: the range of its values.
    """

    summary: str
    has_cutoff: bool
    larger_is_better: bool = True
    weighted: bool = False
    whole: bool = False
    low: float = 0.0
    high: float = 1.0


METRICS: dict[str, Metric] = {
    "recall": Metric("hits among the first k / min(k, held-out items) (Liang et al. 2018)", True),
    "recall_plain": Metric("hits among the first k / held-out items (FAWMF)", True),
    "precision": Metric("hits among the first k / k", True),
    "ndcg": Metric("sum of 1 / log2(rank + 1) over hits among the first k / its best value", True),
    "hr": Metric("1 if a held-out item is among the first k (He et al. 2017)", True),
    "mrr": Metric("1 / rank of the first held-out item", False),
    "mrr_sum": Metric("sum of 1 / rank over all held-out items (FAWMF)", False, high=float("inf")),
    "map": Metric("mean over held-out items of the precision at their ranks", False),
    "mpr": Metric(
        "mean percentile rank of held-out cells, 0 is best, weighted by the cells (Hu et al. 2008)",
        False,
        larger_is_better=False,
        weighted=True,
    ),
    "coverage": Metric("share of items in at least one user's first k", True, whole=True),
}
_METRIC_WORDS = {
    "hr": "HR",
    "ndcg": "NDCG",
    "recall": "Recall",
    "recall_plain": "Recall (plain)",
    "precision": "Precision",
    "mrr": "MRR",
    "mrr_sum": "MRR (sum)",
    "map": "MAP",
    "mpr": "MPR",
    "coverage": "Coverage",
    "found": "Found",
}
USER_GROUPS = {
    "seen": "users who met their held-out item in supportive feedback",
    "unseen": "users who did not meet it",
}
_WITH_CUTOFF: dict[str, Callable[[_Ranked, int], np.ndarray]] = {
    "recall": _recall,
    "recall_plain": _recall_plain,
    "precision": _precision,
    "ndcg": _ndcg,
    "hr": _hit_rate,
}
_WITHOUT_CUTOFF: dict[str, Callable[[_Ranked], np.ndarray]] = {
    "mrr": _mrr,
    "mrr_sum": _mrr_sum,
    "map": _map,
    "mpr": _mpr,
}


def parse(name: str) -> tuple[str, int]:
    """Metric and cut-off of a name such as `ndcg@10`; the cut-off is 0 where there is none.

    Raises:
        ConfigError: no such metric, or a cut-off that is missing, superfluous or not positive.
    """
    family, at, cutoff = name.partition("@")
    metric = METRICS.get(family)
    if metric is None:
        raise ConfigError(f"no metric is called {name!r}", cure=f"Known: {', '.join(METRICS)}")
    if bool(at) != metric.has_cutoff or (at and not (cutoff.isdecimal() and int(cutoff) > 0)):
        form = f"{family}@20" if metric.has_cutoff else family
        raise ConfigError(f"the metric {name!r} has to be written like {form}")
    return family, int(cutoff) if at else 0


def of_group(name: str, group: str) -> str:
    """The name of a metric over the users of one of USER_GROUPS."""
    return f"{name}_{group}"


def without_group(name: str) -> str:
    """The metric's own name: `hr@10` of `hr@10_seen`."""
    stem, _, group = name.rpartition("_")
    return stem if group in USER_GROUPS else name


def metric_title(metric: str) -> str:
    """`ndcg@10` as NDCG@10, `ndcg@10_seen` as NDCG@10 seen."""
    own = without_group(metric)
    stem, sign, cutoff = own.partition("@")
    return f"{_METRIC_WORDS.get(stem, stem)}{sign}{cutoff}{metric[len(own) :].replace('_', ' ')}"


def larger_is_better(name: str) -> bool:
    """Direction of a metric, be it over all users or over a group."""
    return METRICS[parse(without_group(name))[0]].larger_is_better


def top_k_needed(names: Iterable[str]) -> int:
    """Length of the top lists that these metrics look at."""
    return max((k for family, k in map(parse, names) if METRICS[family].whole), default=0)


def per_user(ranking: Ranking, names: Iterable[str]) -> dict[str, np.ndarray]:
    """(B,) float64 values of each metric that has a value a user, by name."""
    ranked = _Ranked(ranking)
    vectors = {}
    for name in names:
        family, k = parse(name)
        if family in _WITH_CUTOFF:
            vectors[name] = _WITH_CUTOFF[family](ranked, k)
        elif family in _WITHOUT_CUTOFF:
            vectors[name] = _WITHOUT_CUTOFF[family](ranked)
    return vectors


def user_weights(ranking: Ranking, names: Iterable[str]) -> dict[str, np.ndarray]:
    """(B,) weights of users in the mean of each weighted metric, by name."""
    weighted = [name for name in names if METRICS[parse(name)[0]].weighted]
    return {name: _Ranked(ranking).user_weight for name in weighted}


def whole(ranking: Ranking, names: Iterable[str]) -> dict[str, float]:
    """Value of each metric that has one value of all users together, by name."""
    cutoffs = {name: parse(name) for name in names}
    return {name: _coverage(ranking, k) for name, (family, k) in cutoffs.items() if METRICS[family].whole}
