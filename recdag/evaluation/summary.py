"""From values a user to a mean with its uncertainty, over one fold or several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

RESAMPLES = 1000
_DRAWS_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Evaluation:
    """What a model reached on held-out users.

    Attributes:
        user_ids: (B,) ids of the data set.
        vectors: metric -> (B,) value a user.
        weights: metric -> (B,) weights of users in its mean; metrics that are not here weigh all
            users alike.
        whole: metric -> its one value, for metrics of all users together.
    """

    user_ids: np.ndarray
    vectors: Mapping[str, np.ndarray]
    weights: Mapping[str, np.ndarray] = field(default_factory=dict)
    whole: Mapping[str, float] = field(default_factory=dict)

    @property
    def aggregates(self) -> dict[str, float]:
        """Metric -> its (weighted) mean over users, or its one value."""
        means = {
            name: float(np.average(vector, weights=self.weights.get(name)))
            for name, vector in self.vectors.items()
        }
        return {**means, **self.whole}

    def of(self, chosen: np.ndarray) -> Evaluation:
        """Some of the users, without what has one value of all users together.

        Args:
            chosen: (B,) bool.
        """
        return Evaluation(
            self.user_ids[chosen],
            {name: vector[chosen] for name, vector in self.vectors.items()},
            {name: weight[chosen] for name, weight in self.weights.items()},
        )


@dataclass(frozen=True)
class Summary:
    """A mean over users; uncertainty is NaN for metrics that have no value a user.

    Attributes:
        value: (weighted) mean.
        std_err: its standard error, users being the sample.
        ci_low, ci_high: bounds of the 95 % percentile bootstrap interval.
        n_users: how many users.
    """

    value: float
    std_err: float
    ci_low: float
    ci_high: float
    n_users: int


def summarise(evaluation: Evaluation, *, resamples: int = RESAMPLES, seed: int = 0) -> dict[str, Summary]:
    """Mean, standard error and bootstrap interval of every metric.

    The standard error of a weighted mean is that of a ratio of two means, linearised. All metrics
    share the resampled users.
    """
    n = len(evaluation.user_ids)
    names = list(evaluation.vectors)
    summaries = {name: Summary(value, np.nan, np.nan, np.nan, n) for name, value in evaluation.whole.items()}
    if not names:
        return summaries
    values = np.column_stack([evaluation.vectors[name] for name in names])
    weights = np.column_stack([evaluation.weights.get(name, np.ones(n)) for name in names])
    total = weights.sum(axis=0)
    means = (weights * values).sum(axis=0) / total
    spread = ((weights * (values - means)) ** 2).sum(axis=0)
    errors = np.sqrt(spread * n / (n - 1)) / total if n > 1 else np.full(len(names), np.nan)
    resampled = resampled_means(values, weights, resamples, np.random.default_rng(seed))
    low, high = np.percentile(resampled, [2.5, 97.5], axis=0)
    for each, name in enumerate(names):
        summaries[name] = Summary(
            float(means[each]), float(errors[each]), float(low[each]), float(high[each]), n
        )
    return summaries


def resampled_means(
    values: np.ndarray, weights: np.ndarray, resamples: int, rng: np.random.Generator
) -> np.ndarray:
    """(resamples, metrics) weighted means of users drawn with replacement."""
    n = len(values)
    products = np.hstack([weights * values, weights])
    sums = np.empty((resamples, products.shape[1]))
    step = max(1, _DRAWS_AT_ONCE // n)
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        drawn = rng.integers(0, n, (size, n)) + np.arange(size)[:, None] * n
        times = np.bincount(drawn.ravel(), minlength=size * n).reshape(size, n)
        sums[start : start + size] = times.astype(np.float64) @ products
    weighted, total = np.hsplit(sums, 2)
    return weighted / total


def pool_folds(folds: Sequence[Evaluation]) -> Evaluation:
    """One evaluation of several folds, whose means are the means over folds.

    A user's value is the weighted mean over the folds that have her; every fold weighs the same,
    whatever its number of users.
    """
    user_ids = np.unique(np.concatenate([fold.user_ids for fold in folds]))
    vectors, weights = {}, {}
    for name in folds[0].vectors:
        weighted, total = np.zeros(len(user_ids)), np.zeros(len(user_ids))
        for fold in folds:
            place = np.searchsorted(user_ids, fold.user_ids)
            share = fold.weights.get(name, np.ones(len(fold.user_ids)))
            share = share / share.sum()
            weighted[place] += share * fold.vectors[name]
            total[place] += share
        vectors[name], weights[name] = weighted / total, total
    whole = {name: float(np.mean([fold.whole[name] for fold in folds])) for name in folds[0].whole}
    return Evaluation(user_ids, vectors, weights, whole)
