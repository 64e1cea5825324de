"""Metrics: each one object, with all that is known of it; who needs any of that asks the object.

A cut-off follows the name: `recall@20`. Variants that others call by the same name have names of their own.
Ranks may end in .5 where scores tie; an item counts as among the first k when its rank is at most k, and k
places hold at most k hits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from recdag.errors import ConfigError
from recdag.suggest import names_known

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
        hits: np.ndarray = np.minimum(self.sum_by_user(self.rank <= k), k)
        return hits

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
    ndcg: np.ndarray = np.minimum(ranked.sum_by_user(gains) / ideal, 1.0)
    return ndcg


def _mrr(ranked: _Ranked, _: int) -> np.ndarray:
    best = np.full(len(ranked.n_targets), np.inf)
    np.minimum.at(best, ranked.row, ranked.rank)
    return 1 / best


def _mrr_sum(ranked: _Ranked, _: int) -> np.ndarray:
    return ranked.sum_by_user(1 / ranked.rank)


def _map(ranked: _Ranked, _: int) -> np.ndarray:
    ordered = ranked.rank[np.lexsort((ranked.rank, ranked.row))]
    place = np.arange(len(ordered)) - ranked.ranking.indptr[ranked.row] + 1
    return ranked.sum_by_user(place / ordered) / ranked.n_targets


def _mpr(ranked: _Ranked, _: int) -> np.ndarray:
    n_others = np.maximum(ranked.ranking.n_candidates - 1, 1)[ranked.row]
    percentile = (ranked.rank - 1) / n_others
    mpr: np.ndarray = ranked.sum_by_user(ranked.ranking.weight * percentile) / ranked.user_weight
    return mpr


def _coverage(ranking: Ranking, k: int) -> float:
    if ranking.top_items.shape[1] < min(k, ranking.n_items):
        raise ConfigError(f"coverage@{k} needs the top {k} items of every user")
    listed = ranking.top_items[:, :k]
    return len(np.unique(listed[listed >= 0])) / ranking.n_items


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric; those of METRICS wait for their cut-off, `metric_named` gives one with it.

    Attributes:
        family: name without cut-off. word: the same as it is printed.
        summary: definition in words.
        by_user: ranking and cut-off to (B,) one value a user; None where it has none.
        overall: ranking and cut-off to the one value of all users together; None where each has her own.
        has_cutoff: is written with `@k`. cutoff: that k, 0 without.
        larger_is_better: direction.
        weighted: its mean over users weighs each by the weights of her held-out cells.
        low, high: the range of its values.
        tolerances: cut-off, 0 without one -> by how much another seed, split or library version can move it.
    """

    family: str
    word: str
    summary: str
    by_user: Callable[[_Ranked, int], np.ndarray] | None = None
    overall: Callable[[Ranking, int], float] | None = None
    has_cutoff: bool = True
    cutoff: int = 0
    larger_is_better: bool = True
    weighted: bool = False
    low: float = 0.0
    high: float = 1.0
    tolerances: Mapping[int, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As in tables: `recall_plain@5`."""
        return self._with_cutoff(self.family)

    @property
    def title(self) -> str:
        """As printed: Recall (plain)@5."""
        return self._with_cutoff(self.word)

    @property
    def tolerance(self) -> float | None:
        """The largest difference from a published number that counts as none; None where none is stated."""
        return self.tolerances.get(self.cutoff)

    def allows(self, value: float) -> bool:
        """Whether a value is finite and within the range."""
        return math.isfinite(value) and self.low <= value <= self.high

    def _with_cutoff(self, name: str) -> str:
        return f"{name}@{self.cutoff}" if self.cutoff else name


_ALL = (
    Metric(
        family="recall",
        word="Recall",
        summary="hits among the first k / min(k, held-out items) (Liang et al. 2018)",
        by_user=_recall,
        tolerances={20: 0.005, 50: 0.005},
    ),
    Metric(
        family="recall_plain",
        word="Recall (plain)",
        summary="hits among the first k / held-out items (FAWMF)",
        by_user=_recall_plain,
        tolerances={5: 0.005},
    ),
    Metric(
        family="precision",
        word="Precision",
        summary="hits among the first k / k",
        by_user=_precision,
        tolerances={5: 0.01},
    ),
    Metric(
        family="ndcg",
        word="NDCG",
        summary="sum of 1 / log2(rank + 1) over hits among the first k / its best value",
        by_user=_ndcg,
        tolerances={5: 0.01, 10: 0.01, 100: 0.005},
    ),
    Metric(
        family="hr",
        word="HR",
        summary="1 if a held-out item is among the first k (He et al. 2017)",
        by_user=_hit_rate,
        tolerances={10: 0.01},
    ),
    Metric(
        family="mrr",
        word="MRR",
        summary="1 / rank of the first held-out item",
        by_user=_mrr,
        has_cutoff=False,
    ),
    Metric(
        family="mrr_sum",
        word="MRR (sum)",
        summary="sum of 1 / rank over all held-out items (FAWMF)",
        by_user=_mrr_sum,
        has_cutoff=False,
        high=math.inf,
        tolerances={0: 0.03},
    ),
    Metric(
        family="map",
        word="MAP",
        summary="mean over held-out items of the precision at their ranks",
        by_user=_map,
        has_cutoff=False,
    ),
    Metric(
        family="mpr",
        word="MPR",
        summary="mean percentile rank of held-out cells, 0 is best, weighted by the cells (Hu et al. 2008)",
        by_user=_mpr,
        has_cutoff=False,
        larger_is_better=False,
        weighted=True,
        tolerances={0: 0.005},
    ),
    Metric(
        family="coverage",
        word="Coverage",
        summary="share of items in at least one user's first k",
        overall=_coverage,
    ),
)
METRICS: dict[str, Metric] = {each.family: each for each in _ALL}
ALL_USERS = "all"
USER_GROUPS = {
    "seen": "users who met their held-out item in supportive feedback",
    "unseen": "users who did not meet it",
}


def metric_named(name: str) -> Metric:
    """The metric of a name such as `ndcg@10`.

    Raises:
        ConfigError: no such metric, or a cut-off that is missing, superfluous or not positive.
    """
    family, at, cutoff = name.partition("@")
    if family not in METRICS:
        raise ConfigError(f"no metric is called {name!r}", cure=names_known(family, METRICS))
    base = METRICS[family]
    if bool(at) != base.has_cutoff or (at and not (cutoff.isdecimal() and int(cutoff) > 0)):
        form = f"{family}@20" if base.has_cutoff else family
        raise ConfigError(f"the metric {name!r} has to be written like {form}")
    return replace(base, cutoff=int(cutoff) if at else 0)


def known_metric(name: str) -> Metric | None:
    """The metric of a published name, without a cut-off where a study varies it; None where it is none of
    ours: hours, a speedup."""
    own = name.partition(" ")[0]
    if own in METRICS:
        return METRICS[own]
    return metric_named(own) if own.partition("@")[0] in METRICS else None


def metric_title(name: str) -> str:
    """A published name as printed; one that is no metric of ours as it is."""
    metric = known_metric(name)
    return metric.title + name[len(metric.name) :] if metric else name


def larger_is_better(name: str) -> bool:
    """Direction of a published name; of what is no metric of ours, more is better."""
    metric = known_metric(name)
    return metric is None or metric.larger_is_better


def top_k_needed(names: Iterable[str]) -> int:
    """Length of the top lists that these metrics look at."""
    return max((each.cutoff for each in map(metric_named, names) if each.overall), default=0)


def per_user(ranking: Ranking, names: Iterable[str]) -> dict[str, np.ndarray]:
    """(B,) float64 values of each metric that has a value a user, by name."""
    ranked = _Ranked(ranking)
    wanted = map(metric_named, names)
    return {each.name: each.by_user(ranked, each.cutoff) for each in wanted if each.by_user}


def user_weights(ranking: Ranking, names: Iterable[str]) -> dict[str, np.ndarray]:
    """(B,) weights of users in the mean of each weighted metric, by name."""
    weighted = [each.name for each in map(metric_named, names) if each.weighted]
    return {name: _Ranked(ranking).user_weight for name in weighted}


def overall(ranking: Ranking, names: Iterable[str]) -> dict[str, float]:
    """Value of each metric that has one value of all users together, by name."""
    wanted = map(metric_named, names)
    return {each.name: each.overall(ranking, each.cutoff) for each in wanted if each.overall}
