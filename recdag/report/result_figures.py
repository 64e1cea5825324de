"""The figures under a result table: quality against cost, and learning curves."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from markupsafe import Markup

from recdag.recommenders.registry import MODELS
from recdag.report import figures, wording
from recdag.report.drawing import CROWDED, thinned
from recdag.report.tables import ResultTable


class ResultFigure(NamedTuple):
    """A figure as SVG, its caption, and whether it takes the whole width of the page."""

    svg: Markup
    caption: str
    wide: bool


def figures_of(table: ResultTable, curves: pd.DataFrame) -> tuple[ResultFigure, ...]:
    """The figures of a table.

    Args:
        curves: as from `queries.read_curves`.
    """
    mine = curves[(curves["paper"] == table.paper) & (curves["dataset"] == table.dataset)]
    name = f"{table.paper}-{table.dataset}"
    return (*_cost_figure(table, name), *_curve_figures(table, mine, name))


def _cost_figure(table: ResultTable, name: str) -> list[ResultFigure]:
    points = [
        figures.Point(row.model, _series(row.model), row.seconds, row.cells[0].value, row.cells[0].std_err)
        for row in table.headlines
        if row.cells[0] and not np.isnan(row.seconds)
    ]
    if len(points) < 2:
        return []
    metric = table.metrics[0]
    shown = wording.metric_name(metric)
    title = f"{shown} by training time on {table.dataset}: " + "; ".join(
        f"{p.label} {wording.number(p.value)} in {wording.duration(p.seconds)}" for p in points
    )
    svg = figures.cost_and_quality(points, metric, name=f"{name}-cost", title=title)
    caption = f"{shown} by training time. The grey line joins the models that none beats on both."
    if len(points) > CROWDED:
        caption += " Models far behind the others stand at the edge, with their value."
    return [ResultFigure(Markup(svg), caption, len(points) > CROWDED)]


def _curve_figures(table: ResultTable, curves: pd.DataFrame, name: str) -> list[ResultFigure]:
    drawn = []
    headline = {(row.model, row.variant) for row in table.headlines}
    for value_name, y_label, caption in (
        ("validation", "validation", "Learning curves: quality on the validation part after each epoch."),
        ("loss", "loss, first epoch = 1", "Training loss after each epoch, relative to the first."),
    ):
        lines = [
            _curve(str(model), group, relative=value_name == "loss")
            for (model, variant), group in curves[curves["name"] == value_name].groupby(
                ["model", "variant"], sort=False
            )
            if (model, variant) in headline
        ]
        if lines and not (value_name == "loss" and len(lines) > CROWDED):
            ends = "; ".join(f"{c.label} ends at {c.values[-1]:.4g}" for c in lines)
            svg = figures.learning_curves(
                lines,
                y_label,
                name=f"{name}-{value_name}",
                title=f"{caption[:-1]} on {table.dataset}: {ends}",
            )
            drawn.append(ResultFigure(Markup(svg), caption, len(lines) > CROWDED))
    return drawn


def _curve(model: str, rows: pd.DataFrame, *, relative: bool) -> figures.Curve:
    """A model's line, thinned where it has very many points; phases that count anew are put in a row."""
    values = rows["value"].to_numpy(dtype=float)
    epochs = rows["epoch"].to_numpy(dtype=float)
    if (np.diff(epochs) <= 0).any():
        epochs = np.arange(1.0, len(values) + 1)
    if relative and values[0]:
        values = values / values[0]
    kept = thinned(len(values))
    return figures.Curve(model, _series(model), epochs[kept].tolist(), values[kept].tolist())


def _series(model: str) -> int:
    """The number of a model's colour: the same in every figure."""
    names = list(MODELS)
    return names.index(model) if model in names else len(names)
