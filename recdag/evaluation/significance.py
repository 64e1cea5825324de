"""Whether a model is better than another on the same users: paired tests, adjusted for their number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from recdag.errors import DataError
from recdag.evaluation.metrics import larger_is_better
from recdag.evaluation.summary import RESAMPLES, Evaluation, resampled_means

LEVEL = 0.05
_DECIMALS = 6


@dataclass(frozen=True)
class Comparison:
    """A model beside another one on the same users, by one metric.

    Attributes:
        model_a: the reference.
        model_b: the model that it is compared with.
        difference: reported mean of a minus that of b; where small values are good, a negative
            difference speaks for a.
        ci_low, ci_high: bounds of the difference's 95 % percentile bootstrap interval.
        p_value: of the paired t-test, two-sided.
        p_adjusted: the same by Holm's method, over all models compared with a by this metric.
        p_wilcoxon: of the signed-rank test, two-sided, not adjusted.
        n_users: how many users.
    """

    metric: str
    model_a: str
    model_b: str
    difference: float
    ci_low: float
    ci_high: float
    p_value: float
    p_adjusted: float
    p_wilcoxon: float
    n_users: int


def compare_models(
    evaluations: Mapping[str, Evaluation],
    references: Mapping[str, Sequence[str]],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> list[Comparison]:
    """Compare reference models with every other one.

    Users are the sample. With several folds give the evaluations of `pool_folds`, in which a user
    who is in several folds has one value, so that she counts once. All models and metrics share the
    resampled users.

    Args:
        evaluations: model -> what it reached, on the same users for all.
        references: metric that has a value a user -> models to compare with all others.

    Raises:
        DataError: the models were evaluated on different users.
    """
    metrics = [metric for metric, models in references.items() if models]
    if not metrics:
        return []
    samples = {metric: _paired(evaluations, metric) for metric in metrics}
    resampled = resampled_means(
        np.hstack([values for values, _ in samples.values()]),
        np.hstack([np.broadcast_to(weights[:, None], values.shape) for values, weights in samples.values()]),
        resamples,
        np.random.default_rng(seed),
    )
    models = list(evaluations)
    means = dict(zip(metrics, np.split(resampled, len(metrics), axis=1), strict=True))
    return [
        comparison
        for metric in metrics
        for reference in references[metric]
        for comparison in _against(reference, models, metric, *samples[metric], means[metric])
    ]


def _paired(evaluations: Mapping[str, Evaluation], metric: str) -> tuple[np.ndarray, np.ndarray]:
    """(n, models) values and (n,) weights of the users."""
    every = list(evaluations.values())
    users, weights = every[0].user_ids, every[0].weights.get(metric)
    for evaluation in every[1:]:
        if not np.array_equal(evaluation.user_ids, users):
            raise DataError("the models were not evaluated on the same users", where=metric)
    values = np.column_stack([evaluation.vectors[metric] for evaluation in every])
    return values, np.ones(len(users)) if weights is None else weights


def _against(
    reference: str,
    models: Sequence[str],
    metric: str,
    values: np.ndarray,
    weights: np.ndarray,
    resampled: np.ndarray,
) -> Iterator[Comparison]:
    at = models.index(reference)
    others = np.delete(np.arange(len(models)), at)
    if len(others) == 0:
        return
    means = np.average(values, axis=0, weights=weights)
    low, high = np.percentile(resampled[:, [at]] - resampled[:, others], [2.5, 97.5], axis=0)
    p_values = paired_t_test(values[:, at], values[:, others], weights)
    adjusted = holm(p_values)
    signed_rank = signed_rank_test(values[:, at], values[:, others], weights)
    for place, other in enumerate(others.tolist()):
        yield Comparison(
            metric=metric,
            model_a=reference,
            model_b=models[other],
            difference=float(means[at] - means[other]),
            ci_low=float(low[place]),
            ci_high=float(high[place]),
            p_value=float(p_values[place]),
            p_adjusted=float(adjusted[place]),
            p_wilcoxon=float(signed_rank[place]),
            n_users=len(values),
        )


def paired_t_test(reference: np.ndarray, others: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Two-sided p-values of the hypothesis that the (weighted) means over users are equal.

    A weighted mean is a ratio of two means. Its difference D = sum w (a - b) / sum w is linearised
    (Cochran, Sampling Techniques, 1977, ch. 6): a user contributes w (a - b - D) / mean(w), and the
    standard error of D is that of the contributions' mean. With equal weights this is Student's
    test for paired samples. Values that differ for no user, and a single user, give p = 1.

    Args:
        reference: (n,) values.
        others: (n, M) values of M models.
        weights: (n,) of the users, all alike by default.

    Returns:
        (M,) p-values.
    """
    n, difference = len(reference), reference[:, None] - others
    if n < 2:
        return np.ones(difference.shape[1])
    share = np.ones(n) if weights is None else weights / weights.mean()
    mean = share @ difference / n
    error = np.sqrt(((share[:, None] * (difference - mean)) ** 2).sum(axis=0) / (n - 1) / n)
    with np.errstate(divide="ignore", invalid="ignore"):
        p_values = 2 * stats.t.sf(np.abs(mean / error), n - 1)
    return np.where(difference.any(axis=0), p_values, 1.0)


def signed_rank_test(
    reference: np.ndarray, others: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """Two-sided p-values of Wilcoxon's signed-rank test on the weighted differences w (a - b).

    Ties: users without a difference are ranked with the others and then left out of both rank sums
    (Pratt 1959); differences of one size share their mean rank. Differences are rounded to a
    millionth of the largest value first, so that neither rounding errors nor float32 storage make or
    break a tie. Models that differ for no user give p = 1. Arguments as in `paired_t_test`.
    """
    difference = reference[:, None] - others
    size = max(np.abs(reference).max(initial=0), np.abs(others).max(initial=0)) or 1.0
    difference = np.round(difference / size, _DECIMALS)
    if weights is not None:
        difference = weights[:, None] * difference
    p_values = np.ones(difference.shape[1])
    some = difference.any(axis=0)
    if some.any():
        p_values[some] = stats.wilcoxon(difference[:, some], zero_method="pratt", axis=0).pvalue
    return p_values


def holm(p_values: np.ndarray) -> np.ndarray:
    """Adjusted p-values that keep the family-wise error (Holm 1979, sequentially rejective).

    The i-th smallest of m is multiplied by m - i + 1; none is made smaller than the one before.
    """
    order = np.argsort(p_values, kind="stable")
    steps = np.arange(len(p_values), 0, -1) * np.asarray(p_values)[order]
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def best_model(evaluations: Mapping[str, Evaluation], metric: str) -> str:
    """The model with the best mean, the first of equals."""
    sign = 1 if larger_is_better(metric) else -1
    means = {
        model: np.average(evaluation.vectors[metric], weights=evaluation.weights.get(metric))
        for model, evaluation in evaluations.items()
    }
    return max(means, key=lambda model: sign * means[model])


def not_worse(
    comparisons: Iterable[Comparison], metric: str, best: str, level: float = LEVEL
) -> frozenset[str]:
    """The best model and those whose difference from it is not significant."""
    level_with_it = {
        each.model_b
        for each in comparisons
        if (each.metric, each.model_a) == (metric, best) and each.p_adjusted >= level
    }
    return frozenset({best} | level_with_it)
