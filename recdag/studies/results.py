"""Tables of a paper: its models as they were evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from recdag.studies.bench import Bench
from recdag.studies.study import MEAN, ModelStudy, StudyPlan, StudyResult

if TYPE_CHECKING:
    from recdag.studies.content import Content, Shown


@dataclass(frozen=True, kw_only=True)
class Results(ModelStudy):
    """A table of the paper: its models side by side as they were evaluated.

    Attributes:
        models: in the paper's order.
        metrics: of the paper's evaluation, or "train_seconds".
    """

    metrics: tuple[str, ...]

    library: ClassVar[str] = "numpy"

    def plan(self, bench: Bench) -> StudyPlan:
        """The models' rows of the table `metrics`, in the study's form."""

        def compute() -> StudyResult:
            import pandas as pd

            results = bench.results(self.models)
            seconds = results.drop_duplicates("model").assign(
                metric="train_seconds", value=lambda each: each["train_seconds"], std_err=float("nan")
            )
            rows = pd.concat([results, seconds], ignore_index=True)
            rows = rows[rows["metric"].isin(self.metrics)].rename(columns={"model": "series"})
            return StudyResult(rows[["series", "metric", "value", "std_err"]].assign(statistic=MEAN))

        return StudyPlan({"evaluated": bench.evaluated(self.models)}, compute)

    def content(self, shown: Shown) -> Content:
        from recdag.studies.content import dots

        return dots(shown)
