"""The figures under a result table: quality against cost, and learning curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from markupsafe import Markup

from recdag import words
from recdag.evaluation.metrics import larger_is_better, metric_title
from recdag.plots import model_figures
from recdag.plots.drawing import CROWDED, SMALLEST_SECONDS, thinned
from recdag.recommenders.catalogue import MODELS
from recdag.report.tables import ResultTable

_HIGHLIGHTED = 5


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
        model_figures.Point(
            row.model, _series(row.model), row.seconds, row.cells[0].value, row.cells[0].std_err
        )
        for row in table.headlines
        if row.cells[0] and not np.isnan(row.seconds)
    ]
    if len(points) < 2:
        return []
    metric = table.metrics[0]
    shown = metric_title(metric)
    title = f"{shown} by training time on {table.dataset}: " + "; ".join(
        f"{p.label} {words.number(p.value)} in {words.duration(p.seconds)}" for p in points
    )
    smaller = not larger_is_better(metric)
    svg = model_figures.cost_and_quality(points, shown, name=f"{name}-cost", title=title, smaller=smaller)
    return [ResultFigure(Markup(svg), _cost_caption(points, metric), len(points) > CROWDED)]


def _cost_caption(points: Sequence[model_figures.Point], metric: str) -> str:
    smaller = not larger_is_better(metric)
    seconds, values = (np.array([getattr(p, name) for p in points]) for name in ("seconds", "value"))
    shown = np.maximum(seconds, SMALLEST_SECONDS)
    _, heights = model_figures.at_the_edge(points, smaller=smaller)
    said = [
        f"{metric_title(metric)} by training time.",
        "Lower is better." if smaller else "",
        "The grey line joins the models that none beats on both."
        if len(model_figures.front_of(shown, values, smaller=smaller)) > 1
        else "",
        "Models far behind the others stand at the edge, with their value."
        if (heights != values).any()
        else "",
        f"Shorter times stand at {SMALLEST_SECONDS:g} s." if (shown != seconds).any() else "",
    ]
    return " ".join(filter(None, said))


def _curve_figures(table: ResultTable, curves: pd.DataFrame, name: str) -> list[ResultFigure]:
    drawn = []
    headline = {(row.model, row.variant) for row in table.headlines}
    metric = _validated_by(table)
    smaller = not larger_is_better(metric)
    better = " Lower is better." if smaller else ""
    y_label = f"{metric_title(metric)} on validation{', lower is better' if smaller else ''}"
    for value_name, label, caption in (
        ("validation", y_label, f"{metric_title(metric)} on validation after each epoch.{better}"),
        ("loss", "loss, first epoch = 1", "Training loss after each epoch, relative to the first."),
    ):
        groups = {
            str(model): group
            for (model, variant), group in curves[curves["name"] == value_name].groupby(
                ["model", "variant"], sort=False
            )
            if (model, variant) in headline
        }
        if not groups or (value_name == "loss" and len(groups) > CROWDED):
            continue
        of_loss = value_name == "loss"
        lines = [
            _curve(model, group, relative=of_loss, sign=-1 if smaller and not of_loss else 1)
            for model, group in groups.items()
        ]
        lines = _highlighted(lines, smaller=smaller)
        ends = "; ".join(f"{c.label} ends at {c.values[-1]:.4g}" for c in lines)
        svg = model_figures.learning_curves(
            lines,
            label,
            name=f"{name}-{value_name}",
            title=f"{caption.partition('.')[0]} on {table.dataset}: {ends}",
        )
        caption += _phases_caption(groups)
        if any(line.quiet for line in lines):
            caption += f" The {_HIGHLIGHTED} that end best are in colour; the grey lines say their names."
        drawn.append(ResultFigure(Markup(svg), caption, len(lines) > CROWDED))
    return drawn


def _validated_by(table: ResultTable) -> str:
    """The metric of the learning curves; a protocol of nobody's here validates by the table's first."""
    from recdag.evaluation.protocols import PROTOCOLS

    known = PROTOCOLS.get(table.protocol)
    return known.selection_metric if known else table.metrics[0]


def _highlighted(lines: list[model_figures.Curve], *, smaller: bool) -> list[model_figures.Curve]:
    """Where lines are many, all but the few that end best are quiet."""
    if len(lines) <= CROWDED:
        return lines
    ranked = sorted(lines, key=lambda line: line.values[-1] if smaller else -line.values[-1])
    best = {line.label for line in ranked[:_HIGHLIGHTED]}
    return [replace(line, quiet=line.label not in best) for line in lines]


def _phases_caption(groups: Mapping[str, pd.DataFrame]) -> str:
    several = [model for model, rows in groups.items() if rows["phase"].nunique() > 1]
    return f" Of {words.listed(several)} the last phase alone." if several else ""


def _curve(model: str, rows: pd.DataFrame, *, relative: bool, sign: int) -> model_figures.Curve:
    """A model's line, of its last phase; thinned where it has very many points."""
    phases = rows["phase"].fillna("")
    rows = rows[phases == phases.iloc[-1]]
    values = sign * rows["value"].to_numpy(dtype=float)
    epochs = rows["epoch"].to_numpy(dtype=float)
    if relative and values[0]:
        values = values / values[0]
    kept = thinned(len(values))
    return model_figures.Curve(model, _series(model), epochs[kept].tolist(), values[kept].tolist())


def _series(model: str) -> int:
    """The number of a model's colour: the same in every figure."""
    names = list(MODELS)
    return names.index(model) if model in names else len(names)
