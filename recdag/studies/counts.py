"""Histograms of counts and of relative ratings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from recdag.studies.bench import Bench
from recdag.studies.study import SHARE, Axes, Reads, Study, StudyPlan, StudyResult

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from recdag.datasets.entry import Dataset
    from recdag.studies.content import Content, Shown
    from recdag.studies.numbers import NumberTable
    from recdag.warehouse.lineage import Origins

_STRENGTHS = (("binarized", "strength"), ("relative_rating", "relative_rating"))


@dataclass(frozen=True, kw_only=True)
class Counts(Study):
    """Histograms of the strengths of positives and of their relative ratings.

    Attributes:
        bins: of the relative ratings, and of the counts on a logarithmic scale.
    """

    bins: int = 20

    library: ClassVar[str] = "numpy"
    lineage: ClassVar[Origins] = {"x": _STRENGTHS, "value": _STRENGTHS}

    @property
    def labels(self) -> Mapping[str, str]:
        return {"share": "share of positives"}

    def reads(self, chosen: Axes | None = None) -> Reads:
        return Reads(tables=("binarized", "relative_rating"))

    def why_skipped(self, dataset: Dataset) -> str | None:
        if dataset.value_kind == "rating":
            return "it shows how often users come back to an item, and the data are ratings"
        return None

    def plan(self, bench: Bench) -> StudyPlan:
        """How many positives have which count, and which relative rating."""

        def compute() -> StudyResult:
            import numpy as np
            import pandas as pd

            with bench.working_file() as connection:
                strength = connection.execute("select strength from binarized").df()["strength"]
                relative = connection.execute("from relative_rating").df()["relative_rating"]
            positive = strength.to_numpy(float)
            positive = positive[positive > 0]
            even = np.linspace(0.0, 1.0, self.bins + 1)
            histograms = [
                _histogram("count", positive, _geometric(positive, self.bins)),
                _histogram("relative rating", relative.to_numpy(float), even),
            ]
            return StudyResult(pd.concat(histograms, ignore_index=True))

        return StudyPlan(bench.versions(self.reads().tables), compute)

    def content(self, shown: Shown) -> Content:
        from recdag.studies.content import Content
        from recdag.studies.figures import histogram_figure

        names = list(dict.fromkeys(shown.measured["x_name"]))
        figures = [histogram_figure(shown, x_name, shown.figure_id(x_name)) for x_name in names]
        return Content(figures=figures, numbers=[_bins(shown, x_name) for x_name in names])


def _geometric(values: np.ndarray, bins: int) -> np.ndarray:
    """Edges of bins that widen evenly on a logarithmic scale; whole counts get whole edges."""
    import numpy as np

    edges = np.geomspace(values.min(), values.max(), bins + 1)
    if not (values % 1).any():
        edges = np.append(np.ceil(edges[:-1]), edges[-1] + 1)
    return np.unique(edges)


def _histogram(name: str, values: np.ndarray, edges: np.ndarray) -> pd.DataFrame:
    """Share of the values in each bin, at the bin's lower edge."""
    import numpy as np
    import pandas as pd

    if len(edges) < 2:
        edges = np.array([edges[0], edges[0] + 1])
    counted, _ = np.histogram(values, edges)
    rows = pd.DataFrame({"x": edges[:-1], "value": counted / counted.sum()})
    return rows.assign(x_name=name, series="positives", metric="share", statistic=SHARE)


def _bins(shown: Shown, x_name: str) -> NumberTable:
    """The bars of a histogram."""
    from recdag import words
    from recdag.studies.numbers import NumberCell, NumberTable

    here = shown.measured[shown.measured["x_name"] == x_name].sort_values("x")
    rows = tuple(
        (f"{x:.4g}", (NumberCell(words.number(value)),))
        for x, value in zip(here["x"], here["value"], strict=True)
    )
    return NumberTable(f"Shares by {x_name}", (f"{x_name} from", "share"), rows)
