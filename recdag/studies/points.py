"""Published numbers as points of a study."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recdag.recommenders.variants import settings_of
from recdag.studies.names import Measure
from recdag.studies.study import MEAN

_UNITS = {"train_hours": ("train_seconds", 3600.0)}
"""Metric of a claim -> (metric of the studies, factor)."""


def published_points(claims: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Where claims stand in a study's figures.

    A claim's variant says where on the axis it stands; its model and its other settings name its
    series, which is the measured one of the same name and settings where there is one. Claims
    without a place on the axis are left out, as are those of metrics that the study does not show.

    Args:
        claims: rows of the published table `claims` that the study answers.
        measured: rows of the study, all with one `x_name`.

    Returns:
        series, x, metric, value; x is missing where the study has no axis.
    """
    names = measured["x_name"].dropna()
    x_name = None if names.empty else str(names.iloc[0])
    known = {settings_of(label): label for label in measured["series"].unique()}
    metrics = {each.metric for each in Measure.among(measured) if each == Measure(each.metric, MEAN)}
    rows = []
    claimed = zip(
        claims["model"], claims["variant"].fillna(""), claims["metric"], claims["published"], strict=True
    )
    for model, variant, claimed_metric, value in claimed:
        metric, factor = _UNITS.get(claimed_metric, (claimed_metric, 1.0))
        settings = settings_of(variant)
        place = {each for each in settings if x_name is not None and each.startswith(f"{x_name}=")}
        if metric not in metrics or (x_name is not None and not place):
            continue
        others = settings - place
        series = known.get(others | {model}, ", ".join([model, *sorted(others)]))
        x = float(min(place).partition("=")[2]) if place else np.nan
        rows.append((series, x, metric, factor * float(value)))
    table = pd.DataFrame(rows, columns=["series", "x", "metric", "value"])
    return table.drop_duplicates(["series", "x", "metric"], ignore_index=True)


def published_of(measure: Measure, published: pd.DataFrame) -> pd.DataFrame:
    """The published points of a measure: papers print means over all users."""
    return published[(published["metric"] == measure.metric) & (measure == Measure(measure.metric, MEAN))]
