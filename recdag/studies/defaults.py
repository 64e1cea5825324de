"""Whether the values that models were trained with fit the data, by validation alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recdag.recommenders.catalogue import model_spec
from recdag.studies.bench import Bench
from recdag.studies.study import RATIO, VALIDATION, ModelStudy, StudyPlan, StudyResult

if TYPE_CHECKING:
    import pandas as pd

    from recdag.evaluation.split import Split
    from recdag.studies.content import Content, Shown

_FAR_BELOW = 0.75


@dataclass(frozen=True, kw_only=True)
class Defaults(ModelStudy):
    """What models reach on validation with the values that they were trained with.

    Attributes:
        models: trained for the paper, those beside which the others stand among them.
        beside: a model whose values fit the data is above the first and not far below the last.
    """

    beside: tuple[str, ...]

    def plan(self, bench: Bench) -> StudyPlan:
        """What each model reaches on validation, and how many times that of each of `beside`.

        Models whose epoch was chosen on test have no row.
        """

        def compute() -> StudyResult:
            import pandas as pd

            from recdag.evaluation.protocols import PROTOCOLS

            splits = bench.splits()
            reached = {model: _validated(bench, model, splits) for model in self.models}
            ordered = sorted(reached, key=lambda model: -reached[model])
            rows: list[tuple[str, str | None, str, float]] = [
                (model, None, VALIDATION, reached[model]) for model in ordered
            ]
            rows += [
                (model, other, RATIO, reached[model] / reached[other])
                for other in self.beside
                if reached.get(other)
                for model in ordered
                if model != other
            ]
            table = pd.DataFrame(rows, columns=["series", "beside", "statistic", "value"])
            metric = PROTOCOLS[bench.protocol].selection_metric
            return StudyResult(table.dropna(subset=["value"]).assign(metric=metric))

        return StudyPlan({"evaluated": bench.evaluated(self.models)}, compute)

    def content(self, shown: Shown) -> Content:
        from recdag.studies.content import Content, dots

        reached = dots(shown.where(shown.measured["statistic"] == VALIDATION))
        return Content(reached.figures, self.warnings(shown.measured), numbers=dots(shown).numbers)

    def warnings(self, rows: pd.DataFrame) -> list[str]:
        """About models below the first of `beside`, and far below the last."""
        floor, bar = self.beside[0], self.beside[-1]
        low = _below(rows, floor, 1.0)
        far = [model for model in _below(rows, bar, _FAR_BELOW) if model not in {*low, floor}]
        sentences = []
        if low:
            sentences.append(
                f"Below {floor} on validation: {', '.join(low)}. What they were trained with does not fit "
                "these data; tune them with --budget."
            )
        if far:
            sentences.append(
                f"Less than {_FAR_BELOW:.0%} of what {bar} reaches on validation: {', '.join(far)}."
            )
        return sentences


def _below(rows: pd.DataFrame, other: str, share: float) -> list[str]:
    ratios = rows[(rows["statistic"] == RATIO) & (rows["beside"] == other)]
    return list(ratios.loc[ratios["value"] < share, "series"])


def _validated(bench: Bench, model: str, splits: Sequence[Split]) -> float:
    """Mean over the folds of the best value on validation; nan where there was no validation.

    A model that learns without epochs is fitted once more: what was trained knows the validation part.
    """
    import numpy as np

    if not model_spec(model).learns_by_epochs:
        return float(np.mean([bench.validate(model, split) for split in splits]))
    best = []
    for history in bench.history(model):
        curve = [row for row in history if row["phase"].startswith("select") and row["name"] == "validation"]
        if not curve:
            return float("nan")
        best.append(max(row["value"] for row in curve if row["phase"] == curve[-1]["phase"]))
    return float(np.mean(best))
