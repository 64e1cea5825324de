"""Results arranged for reading: one table a paper and data set, for the page and the terminal."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from recdag.evaluation.metrics import ALL_USERS, USER_GROUPS, larger_is_better
from recdag.papers.paper import Paper
from recdag.recipes.budget import budget_of
from recdag.recommenders.catalogue import MODELS
from recdag.report.tables import (
    AS_PUBLISHED,
    Cell,
    Column,
    PublishedValue,
    ResultTable,
    Row,
    StandsFor,
    Training,
)

SIGNIFICANT = 0.05


def result_table(
    results: pd.DataFrame,
    paper: str,
    dataset: str,
    *,
    about: Paper | None = None,
    claims: pd.DataFrame | None = None,
    significance: pd.DataFrame | None = None,
    anchors: pd.DataFrame | None = None,
    stands_for: StandsFor | None = None,
    seed_deviations: pd.DataFrame | None = None,
    trainings: pd.DataFrame | None = None,
    simulated: Collection[str] = (),
) -> ResultTable | None:
    """The table of one paper on one data set, None where nothing has been measured.

    Args:
        results: as from `queries.read_results`.
        about: names the metrics and reference models; without it all metrics are shown.
        claims, significance: the published tables of these names.
        anchors: dataset, protocol, model, metric, value, source of independent results.
        stands_for: (our data set, protocol) -> the paper's data set that it stands for.
        seed_deviations: as from `queries.read_seed_deviations`.
        trainings: the published table of this name.
        simulated: names of the simulated data sets.
    """
    mine = results[(results["paper"] == paper) & (results["dataset"] == dataset)]
    if mine.empty:
        return None
    columns = _columns(mine, about)
    protocol = mine["protocol"].iloc[0]
    counterpart = (stands_for or {}).get((dataset, protocol), dataset)
    beside = _Beside(
        _of_dataset(claims, counterpart, paper),
        _anchors_of(anchors, counterpart, protocol),
        _bests(mine),
        _ties(significance, paper, dataset),
        _deviations(seed_deviations, paper, dataset),
    )
    rows = _rows(mine, columns, beside, about, _recorded(trainings, paper, dataset))
    sign = 1 if larger_is_better(columns[0].metric) else -1
    rows.sort(key=lambda row: (row.on_test, -sign * row.cells[0].value if row.cells[0] else np.inf))
    return ResultTable(
        paper=paper,
        dataset=dataset,
        protocol=protocol,
        stands_for=counterpart,
        columns=columns,
        rows=tuple(rows),
        n_users=int(mine["n_users"].fillna(0).max()),
        code_versions=_distinct(mine["code_version"]),
        data_versions=_distinct(mine["data_version"]),
        run_ids=_distinct(mine["run_id"]),
        finished=mine["created_at"].max(),
        simulated=dataset in simulated,
    )


def _columns(mine: pd.DataFrame, about: Paper | None) -> tuple[Column, ...]:
    """The paper's metrics that were measured, all without a paper or any of them; then those by feedback."""
    n_users = mine["n_users"].fillna(0).groupby([mine["metric"], mine["users"]], sort=False).max()
    measured = [metric for metric, users in n_users.index if users == ALL_USERS]
    named = [metric for metric in about.metrics if metric in measured] if about else []
    wanted = [(metric, ALL_USERS) for metric in named or measured]
    wanted += [(metric, group) for metric in (about.by_feedback if about else ()) for group in USER_GROUPS]
    return tuple(Column(*key, int(n_users[key])) for key in wanted if key in n_users.index)


def _rows(
    mine: pd.DataFrame,
    columns: Sequence[Column],
    beside: _Beside,
    about: Paper | None,
    recorded: Mapping[tuple[str, str], Training],
) -> list[Row]:
    """A row for each model, variant of it and way to choose its epoch, in the order of the results."""
    headlines = _headlines(mine)
    rows = []
    for key, group in mine.groupby(["model", "variant", "selection"], sort=False):
        model, variant, selection = (str(part) for part in key)
        values = {(record["metric"], record["users"]): record for record in group.to_dict("records")}
        cost = group.iloc[0].to_dict()
        is_headline = headlines.get(model) == (variant, selection)
        rows.append(
            Row(
                model=model,
                variant=variant,
                selection=selection,
                reference=about is not None and model in about.references,
                headline=is_headline,
                cells=tuple(
                    beside.cell(values.get((column.metric, column.users)), headline=is_headline)
                    for column in columns
                ),
                seconds=float(cost["train_seconds"]),
                memory_mb=float(cost["peak_memory_mb"]),
                device="" if pd.isna(cost["device"]) else str(cost["device"]),
                seeds=int(group["seeds"].max()),
                budget=budget_of(cost),
                adapted=model in MODELS and MODELS[model].adapted,
                training=recorded.get((model, variant)),
            )
        )
    return rows


@dataclass(frozen=True)
class _Beside:
    """What stands beside a measured value: published numbers, anchors, the best, its equals."""

    claims: pd.DataFrame | None
    anchors: Mapping[tuple[str, str], tuple[tuple[float, str], ...]]
    bests: Mapping[str, tuple[float, frozenset[str]]]
    ties: set[tuple[str, str, str]]
    deviations: Mapping[tuple[str, str], float]

    def cell(self, record: Mapping[Any, Any] | None, *, headline: bool) -> Cell | None:
        if record is None:
            return None
        model, metric, value = record["model"], record["metric"], float(record["value"])
        if record["users"] != ALL_USERS:
            return Cell(value, float(record["std_err"]))
        decides = record["selection"] != AS_PUBLISHED
        best_value, best_models = self.bests.get(metric, (np.nan, frozenset()))
        best = decides and value == best_value
        return Cell(
            value=value,
            std_err=float(record["std_err"]),
            best=best,
            tied=decides and not best and any((metric, each, model) in self.ties for each in best_models),
            published=self._published(model, metric, value) if decides else None,
            anchors=self.anchors.get((model, metric), ()),
            seed_deviation=self.deviations.get((model, metric), np.nan) if headline else np.nan,
        )

    def _published(self, model: str, metric: str, value: float) -> PublishedValue | None:
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
        return PublishedValue(claim["paper"], claim["published"], claim["difference"], claim["verdict"])


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


def _bests(results: pd.DataFrame) -> dict[str, tuple[float, frozenset[str]]]:
    """Per metric the best value chosen without the test set, and the models that have it."""
    bests = {}
    fair = results[(results["selection"] != AS_PUBLISHED) & (results["users"] == ALL_USERS)]
    for metric, group in fair.groupby("metric"):
        value = group["value"].max() if larger_is_better(str(metric)) else group["value"].min()
        bests[str(metric)] = (float(value), frozenset(group.loc[group["value"] == value, "model"]))
    return bests


def _ties(significance: pd.DataFrame | None, paper: str, dataset: str) -> set[tuple[str, str, str]]:
    """(metric, model a, model b) where b is not significantly different from a."""
    if significance is None:
        return set()
    here = significance[
        (significance["paper"] == paper)
        & (significance["dataset"] == dataset)
        & (significance["p_adjusted"] >= SIGNIFICANT)
    ]
    return set(zip(here["metric"], here["model_a"], here["model_b"], strict=True))


def _deviations(
    seed_deviations: pd.DataFrame | None, paper: str, dataset: str
) -> dict[tuple[str, str], float]:
    """(model, metric) -> standard deviation over seeds."""
    if seed_deviations is None:
        return {}
    here = seed_deviations[(seed_deviations["paper"] == paper) & (seed_deviations["dataset"] == dataset)]
    return dict(zip(zip(here["model"], here["metric"], strict=True), here["deviation"], strict=True))


def _recorded(trainings: pd.DataFrame | None, paper: str, dataset: str) -> dict[tuple[str, str], Training]:
    """(model, variant) -> how it was trained."""
    if trainings is None:
        return {}
    here = trainings[(trainings["paper"] == paper) & (trainings["dataset"] == dataset)]
    return {
        (row["model"], "" if pd.isna(row["variant"]) else row["variant"]): Training(
            _integer(row["factors"]),
            _integer(row["epoch"]),
            _integer(row["epochs_allowed"]),
            not pd.isna(row["stopped_by_bound"]) and bool(row["stopped_by_bound"]),
        )
        for row in here.to_dict("records")
    }


def _integer(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)


def _headlines(results: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Per model the (variant, selection) of the recipe's run: the first one chosen on validation."""
    first = results[results["selection"] != AS_PUBLISHED].drop_duplicates("model")
    pairs = zip(first["variant"], first["selection"], strict=True)
    return dict(zip(first["model"], pairs, strict=True))


def _distinct(values: pd.Series) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(value) for value in values.dropna()))
