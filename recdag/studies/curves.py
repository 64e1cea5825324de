"""Learning curves at every point of a grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from recdag.studies.bench import Bench, CellResult
from recdag.studies.grid import CellGrid
from recdag.studies.study import MEAN, VALIDATION, StudyPlan, StudyResult

if TYPE_CHECKING:
    import pandas as pd

    from recdag.studies.content import Content, Shown
    from recdag.studies.numbers import NumberTable


@dataclass(frozen=True, kw_only=True)
class Curves(CellGrid):
    """How the loss and the validation metric went at every point, on the first fold.

    Attributes:
        over: what the horizontal axes show: "epoch", "seconds" or both.
        values: names in the learning curve: "loss", "validation".
        speedup: two series with equally many iterations an epoch, the faster one first: how many times
            as fast its iterations are becomes a row of the table `metrics`.
    """

    x: str | None = None
    folds: int | None = 1
    over: tuple[str, ...] = ("epoch",)
    values: tuple[str, ...] = ("loss", "validation")
    speedup: tuple[str, str] | None = None

    def plan(self, bench: Bench) -> StudyPlan:
        """Train all cells and keep their curves."""
        runs = bench.cells(self.cells(bench, measured=False))

        def compute() -> StudyResult:
            import pandas as pd

            results = runs.run(self.metrics)
            rows = pd.concat(
                [part for result in results for part in self._rows(result, bench.protocol)], ignore_index=True
            )
            return StudyResult(rows, _speedup(results, *self.speedup) if self.speedup else None)

        return StudyPlan({"cells": runs.keys}, compute)

    def _rows(self, result: CellResult, protocol: str) -> Iterator[pd.DataFrame]:
        import pandas as pd

        from recdag.evaluation.protocols import PROTOCOLS

        last = _choosing(result)
        named = {"validation": (PROTOCOLS[protocol].selection_metric, VALIDATION)}
        for value in self.values:
            curve = last[last["name"] == value]
            metric, statistic = named.get(value, (value, MEAN))
            for over in self.over:
                yield pd.DataFrame(
                    {
                        "x_name": over,
                        "x": curve[over].astype(float),
                        "series": result.cell.series,
                        "metric": metric,
                        "statistic": statistic,
                        "value": curve["value"],
                        "std_err": float("nan"),
                    }
                )

    def content(self, shown: Shown) -> Content:
        """Both values over epochs, the leading one over seconds."""
        from recdag.studies.content import SHOWN, Content
        from recdag.studies.figures import curve_figure

        figures = []
        for over, count in (("epoch", SHOWN), ("seconds", 1)):
            there = shown.where(shown.measured["x_name"] == over)
            figures += [
                curve_figure(there, measure, over, there.figure_id(over, measure))
                for measure in there.measures[:count]
            ]
        return Content(figures=figures, numbers=[_ends(shown)])


def _choosing(result: CellResult) -> pd.DataFrame:
    """The learning curve up to the choice of the epoch: its last phase, where it has several."""
    import pandas as pd

    history = pd.DataFrame(result.history[0])
    choosing = history[history["phase"] != "final"]
    last: pd.DataFrame = choosing[choosing["phase"] == choosing["phase"].iloc[-1]]
    return last


def _speedup(results: Sequence[CellResult], fast: str, slow: str) -> pd.DataFrame:
    """A row of the table `metrics`: how many times as long an iteration of `slow` takes as one of `fast`."""
    import pandas as pd

    by_series = {result.cell.series.partition(", ")[0]: result for result in results}
    row = {
        **by_series[fast].identity,
        "variant": f"{fast} vs {slow}",
        "metric": "speedup",
        "value": _epoch_seconds(by_series[slow]) / _epoch_seconds(by_series[fast]),
        "created_at": datetime.now(UTC).replace(tzinfo=None),
    }
    return pd.DataFrame([row])


def _epoch_seconds(result: CellResult) -> float:
    """Seconds of training the quickest epoch: other work on the machine only ever adds to them."""
    ends = _choosing(result).groupby("epoch")["seconds"].max()
    return float(ends.diff().fillna(ends).min())


def _ends(shown: Shown) -> NumberTable:
    """How far every curve went: epochs, seconds, the last value, the extreme one and its epoch."""
    from recdag.studies.names import amount
    from recdag.studies.numbers import NumberCell, NumberTable

    timed = "seconds" in set(shown.measured["x_name"])
    heads = ["series", "epochs", *(["seconds"] if timed else [])]
    for measure in shown.measures:
        heads += [
            f"{shown.label(measure)}, last",
            "lowest" if measure.metric == "loss" else "best",
            "in epoch",
        ]
    rows = []
    for series, group in shown.measured.groupby("series", sort=False):
        epochs = group[group["x_name"] == "epoch"]
        cells = [NumberCell(f"{epochs['x'].max():g}")]
        if timed:
            cells.append(NumberCell(amount(group.loc[group["x_name"] == "seconds", "x"].max())))
        for measure in shown.measures:
            curve = measure.of(epochs).sort_values("x")
            if curve.empty:
                cells += [NumberCell("–")] * 3
                continue
            values = curve["value"].to_numpy(float)
            at = int(values.argmin() if measure.smaller_is_better else values.argmax())
            cells += [
                NumberCell(amount(values[-1])),
                NumberCell(amount(values[at])),
                NumberCell(f"{curve['x'].iloc[at]:g}"),
            ]
        rows.append((str(series), tuple(cells)))
    return NumberTable("Where the curves end", tuple(heads), tuple(rows))
