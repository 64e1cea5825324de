"""Metrics by the length of the recommended list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recdag.studies.bench import Bench
from recdag.studies.study import MEAN, ModelStudy, StudyPlan, StudyResult

if TYPE_CHECKING:
    from recdag.studies.content import Content, Shown


@dataclass(frozen=True, kw_only=True)
class TopList(ModelStudy):
    """Metrics of trained models by the length of the list.

    Attributes:
        metrics: without cut-off, "hr" and "ndcg" for example.
        cutoffs: the lengths.
    """

    metrics: tuple[str, ...]
    cutoffs: tuple[int, ...] = tuple(range(1, 11))

    @property
    def labels(self) -> Mapping[str, str]:
        return {"cutoff": "length of the list"}

    def plan(self, bench: Bench) -> StudyPlan:
        """Rank once more with the trained models, and cut the lists at every length."""
        names = {f"{metric}@{k}": (metric, k) for metric in self.metrics for k in self.cutoffs}

        def compute() -> StudyResult:
            import pandas as pd

            from recdag.evaluation.summary import pool_folds, summarise

            splits = bench.splits()
            rows = []
            for model in self.models:
                pooled = pool_folds(bench.evaluate(model, splits, list(names)))
                rows += [
                    (float(names[name][1]), model, names[name][0], summary.value, summary.std_err)
                    for name, summary in summarise(pooled).items()
                ]
            table = pd.DataFrame(rows, columns=["x", "series", "metric", "value", "std_err"])
            return StudyResult(table.assign(x_name="cutoff", statistic=MEAN))

        return StudyPlan({"evaluated": bench.evaluated(self.models)}, compute)

    def content(self, shown: Shown) -> Content:
        from recdag.studies.content import lines

        return lines(shown)
