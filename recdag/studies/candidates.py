"""The models of a paper that ranks a sample of items, measured once more among items that users touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from recdag.studies.bench import Bench
from recdag.studies.study import MEAN, ModelStudy, StudyPlan, StudyResult

if TYPE_CHECKING:
    from recdag.evaluation.split import Split
    from recdag.studies.content import Content, Shown

_TOUCHED = "touched negatives"


@dataclass(frozen=True, kw_only=True)
class Candidates(ModelStudy):
    """Metrics of trained models among the candidates of a protocol that draws them from untouched items,
    and among items that the users touched in supportive feedback and did not choose.

    Attributes:
        metrics: of the protocol.
    """

    metrics: tuple[str, ...]

    @property
    def labels(self) -> Mapping[str, str]:
        return {_TOUCHED: "negatives that the user touched, mean"}

    def plan(self, bench: Bench) -> StudyPlan:
        """Rank among the protocol's candidates, then among touched ones; x: how many a user touched, mean."""

        def compute() -> StudyResult:
            import pandas as pd

            from recdag.evaluation.feedback import number_touched
            from recdag.evaluation.summary import pool_folds, summarise

            splits = bench.splits()
            others = [_among_touched(split, bench.seed) for split in splits]
            readings = {
                round(sum(map(number_touched, each)) / len(each), 1): each for each in (others, splits)
            }
            rows = []
            for touched, reading in sorted(readings.items()):
                for model in self.models:
                    evaluations = bench.evaluate(model, reading, self.metrics)
                    rows += [
                        (touched, model, name, summary.value, summary.std_err)
                        for name, summary in summarise(pool_folds(evaluations), seed=bench.seed).items()
                    ]
            table = pd.DataFrame(rows, columns=["x", "series", "metric", "value", "std_err"])
            return StudyResult(table.assign(x_name=_TOUCHED, statistic=MEAN))

        return StudyPlan({"evaluated": bench.evaluated(self.models), "seed": bench.seed}, compute)

    def content(self, shown: Shown) -> Content:
        from recdag.studies.content import lines

        return lines(shown)


def _among_touched(split: Split, seed: int) -> Split:
    from recdag.evaluation.feedback import among_touched

    return replace(split, test=among_touched(split, seed))
