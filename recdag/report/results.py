"""Results arranged for reading: one table a paper and data set, for the page and the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

AS_PUBLISHED = "as_published"
SIGNIFICANT = 0.05


class PaperLike(Protocol):
    """What the report needs to know of a paper; `recdag.papers` has it."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def authors(self) -> Sequence[str]: ...
    @property
    def venue(self) -> str: ...
    @property
    def year(self) -> int | None: ...
    @property
    def url(self) -> str | None: ...
    @property
    def protocol(self) -> str: ...
    @property
    def references(self) -> Sequence[str]: ...
    @property
    def metrics(self) -> Sequence[str]: ...
    @property
    def summary(self) -> str: ...
    @property
    def claim_sentence(self) -> str: ...


StandsFor = Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class Published:
    """A number that a paper prints, beside the one measured here."""

    paper: str
    value: float
    difference: float
    verdict: str


@dataclass(frozen=True)
class Cell:
    """One measured value.

    Attributes:
        best: the best of its column.
        tied: not significantly worse than the best.
        published: the paper's number that it answers, if any.
        anchors: (value, source) of independent re-evaluations.
    """

    value: float
    std_err: float
    best: bool
    tied: bool
    published: Published | None
    anchors: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Row:
    """One model, or one variant of it."""

    model: str
    variant: str
    selection: str
    reference: bool
    headline: bool
    cells: tuple[Cell | None, ...]
    seconds: float
    memory_mb: float
    device: str
    seeds: int

    @property
    def on_test(self) -> bool:
        """Whether the epoch was chosen on the test set, as some authors did."""
        return self.selection == AS_PUBLISHED


@dataclass(frozen=True)
class ResultTable:
    """Everything measured for one paper on one data set, best model first."""

    paper: str
    dataset: str
    protocol: str
    stands_for: str
    metrics: tuple[str, ...]
    rows: tuple[Row, ...]
    n_users: int
    code_versions: tuple[str, ...]
    data_versions: tuple[str, ...]
    run_ids: tuple[str, ...]
    finished: pd.Timestamp

    @property
    def headlines(self) -> tuple[Row, ...]:
        """One row a model: the recipe's run, chosen on validation."""
        return tuple(row for row in self.rows if row.headline)

    @property
    def has_ties(self) -> bool:
        """Whether some value is not significantly worse than the best of its column."""
        return any(cell.tied for row in self.rows for cell in row.cells if cell)

    @property
    def command(self) -> str:
        """What a user types to get the numbers again."""
        return f"recdag run --dataset {self.dataset} --paper {self.paper}"


def lower_is_better(metric: str) -> bool:
    """Whether small values of a metric are good: mean percentile rank is the one."""
    return metric.startswith("mpr")


def result_table(
    results: pd.DataFrame,
    paper: str,
    dataset: str,
    *,
    about: PaperLike | None = None,
    claims: pd.DataFrame | None = None,
    significance: pd.DataFrame | None = None,
    anchors: pd.DataFrame | None = None,
    stands_for: StandsFor | None = None,
) -> ResultTable | None:
    """The table of one paper on one data set, None where nothing has been measured.

    Args:
        results: as from `queries.read_results`.
        about: names the metrics and reference models; without it all metrics are shown.
        claims, significance: the published tables of these names.
        anchors: dataset, protocol, model, metric, value, source of independent results.
        stands_for: (our data set, protocol) -> the paper's data set that it stands for.
    """
    mine = results[(results["paper"] == paper) & (results["dataset"] == dataset)]
    if mine.empty:
        return None
    measured = list(dict.fromkeys(mine["metric"]))
    metrics = tuple(name for name in about.metrics if name in measured) if about else ()
    metrics = metrics or tuple(measured)
    protocol = mine["protocol"].iloc[0]
    counterpart = (stands_for or {}).get((dataset, protocol), dataset)

    beside = _Beside(
        _of_dataset(claims, counterpart, paper),
        _anchors_of(anchors, counterpart, protocol),
        _bests(mine),
        _ties(significance, paper, dataset),
    )
    headline = _headlines(mine)
    references = set(about.references) if about else set()
    rows = []
    for key, group in mine.groupby(["model", "variant", "selection"], sort=False):
        model, variant, selection = (str(part) for part in key)
        by_metric = {record["metric"]: record for record in group.to_dict("records")}
        cost = group.iloc[0]
        rows.append(
            Row(
                model=model,
                variant=variant,
                selection=selection,
                reference=model in references,
                headline=headline.get(model) == (variant, selection),
                cells=tuple(beside.cell(by_metric.get(metric)) for metric in metrics),
                seconds=float(cost["train_seconds"]),
                memory_mb=float(cost["peak_memory_mb"]),
                device="" if pd.isna(cost["device"]) else str(cost["device"]),
                seeds=int(group["seeds"].max()),
            )
        )
    sign = -1 if lower_is_better(metrics[0]) else 1
    rows.sort(key=lambda row: (row.on_test, -sign * row.cells[0].value if row.cells[0] else np.inf))
    return ResultTable(
        paper=paper,
        dataset=dataset,
        protocol=protocol,
        stands_for=counterpart,
        metrics=metrics,
        rows=tuple(rows),
        n_users=int(mine["n_users"].fillna(0).max()),
        code_versions=_distinct(mine["code_version"]),
        data_versions=_distinct(mine["data_version"]),
        run_ids=_distinct(mine["run_id"]),
        finished=mine["created_at"].max(),
    )


@dataclass(frozen=True)
class _Beside:
    """What stands beside a measured value: published numbers, anchors, the best, its equals."""

    claims: pd.DataFrame | None
    anchors: Mapping[tuple[str, str], tuple[tuple[float, str], ...]]
    bests: Mapping[str, tuple[float, str]]
    ties: set[tuple[str, str, str]]

    def cell(self, record: Mapping | None) -> Cell | None:
        if record is None:
            return None
        model, metric, value = record["model"], record["metric"], float(record["value"])
        decides = record["selection"] != AS_PUBLISHED
        best_value, best_model = self.bests.get(metric, (np.nan, ""))
        best = decides and value == best_value
        return Cell(
            value=value,
            std_err=float(record["std_err"]),
            best=best,
            tied=decides and not best and (metric, best_model, model) in self.ties,
            published=self._published(model, metric, value) if decides else None,
            anchors=self.anchors.get((model, metric), ()),
        )

    def _published(self, model: str, metric: str, value: float) -> Published | None:
        if self.claims is None:
            return None
        fitting = self.claims[
            (self.claims["model"] == model)
            & (self.claims["metric"] == metric)
            & np.isclose(self.claims["reproduced"].astype(float), value, rtol=1e-9, atol=0)
        ]
        if fitting.empty:
            return None
        claim = fitting.iloc[0]
        return Published(claim["paper"], claim["published"], claim["difference"], claim["verdict"])


def _of_dataset(claims: pd.DataFrame | None, dataset: str, paper: str) -> pd.DataFrame | None:
    """The claims on a data set, those of the paper itself and of the closest variant first."""
    if claims is None:
        return None
    here = claims[claims["dataset"] == dataset]
    order = here.assign(
        other=here["paper"] != paper, settings=-here["variant"].fillna("").str.len()
    ).sort_values(["other", "settings"], kind="stable")
    return order.drop(columns=["other", "settings"])


def _anchors_of(
    anchors: pd.DataFrame | None, dataset: str, protocol: str
) -> dict[tuple[str, str], tuple[tuple[float, str], ...]]:
    if anchors is None:
        return {}
    here = anchors[(anchors["dataset"] == dataset) & (anchors["protocol"] == protocol)]
    return {
        (str(model), str(metric)): tuple(zip(group["value"], group["source"], strict=True))
        for (model, metric), group in here.groupby(["model", "metric"])
    }


def _bests(results: pd.DataFrame) -> dict[str, tuple[float, str]]:
    """Per metric the best value chosen without the test set, and its model."""
    bests = {}
    for metric, group in results[results["selection"] != AS_PUBLISHED].groupby("metric"):
        values = group["value"].to_numpy()
        at = values.argmin() if lower_is_better(str(metric)) else values.argmax()
        bests[str(metric)] = (float(values[at]), str(group["model"].iloc[at]))
    return bests


def _ties(significance: pd.DataFrame | None, paper: str, dataset: str) -> set[tuple[str, str, str]]:
    """(metric, model, other model) whose difference is not significant, in both directions."""
    if significance is None:
        return set()
    here = significance[
        (significance["paper"] == paper)
        & (significance["dataset"] == dataset)
        & (significance["p_adjusted"] >= SIGNIFICANT)
    ]
    pairs = set(zip(here["metric"], here["model_a"], here["model_b"], strict=True))
    return pairs | {(metric, b, a) for metric, a, b in pairs}


def _headlines(results: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Per model the (variant, selection) of the recipe's run: the first one chosen on validation."""
    first = results[results["selection"] != AS_PUBLISHED].drop_duplicates("model")
    pairs = zip(first["variant"], first["selection"], strict=True)
    return dict(zip(first["model"], pairs, strict=True))


def _distinct(values: pd.Series) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(value) for value in values.dropna()))
