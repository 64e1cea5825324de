"""What the report shows of a study: its figures, sentences and tables, and the usual ones of each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import pandas as pd

from recdag.studies import numbers
from recdag.studies.figures import Drawn, dot_figure, line_figure
from recdag.studies.names import AXES, METRICS, Measure
from recdag.studies.numbers import NumberTable
from recdag.studies.study import MEAN

SHOWN = 2
"""Figures of as many measures; the numbers are there of all."""


@dataclass(frozen=True)
class Content:
    """What a study shows.

    Attributes:
        figures: the first ones large enough to be read side by side.
        notes: sentences under the figures.
        tables: shown at once.
        numbers: tables that can be unfolded.
    """

    figures: Sequence[Drawn] = ()
    notes: Sequence[str] = ()
    tables: Sequence[NumberTable] = ()
    numbers: Sequence[NumberTable] = ()


@dataclass(frozen=True)
class Shown:
    """A study's rows and what belongs to them.

    Attributes:
        id: begins the ids of its figures.
        measured: rows of the published table `studies`.
        published: as from `points.published_points`.
        leading: metrics that come first, whatever the order of the rows.
        labels: how names of axes and metrics are written, besides the usual ones.
    """

    id: str
    dataset: str
    measured: pd.DataFrame
    published: pd.DataFrame
    leading: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """What the rows measure, the means of the leading metrics first."""
        first = [Measure(metric, MEAN) for metric in self.leading]
        there = Measure.among(self.measured)
        return tuple(dict.fromkeys([*(measure for measure in first if measure in there), *there]))

    def where(self, kept: pd.Series) -> Shown:
        """The same of some of the rows."""
        return replace(self, measured=self.measured[kept])

    def label(self, measure: Measure) -> str:
        """A measure's name for an axis or the head of a table."""
        return measure.label(self.labels.get(measure.metric) or METRICS.get(measure.metric))

    def axis_label(self, x_name: str) -> str:
        """The name of a horizontal axis."""
        return self.labels.get(x_name) or AXES.get(x_name) or x_name.replace("_", " ")

    @property
    def x_name(self) -> str:
        """The name of the axis, where the rows have one."""
        return str(self.measured["x_name"].dropna().iloc[0])

    def figure_id(self, *parts: str | Measure) -> str:
        """An id of a figure of the study, unique on the page."""
        return "-".join([self.id, *(re.sub(r"[^a-z0-9]+", "-", str(part).lower()) for part in parts)])


def plain(shown: Shown) -> Content:
    """Lines where some row has a place on an axis, else dots."""
    return dots(shown) if shown.measured["x"].isna().all() else lines(shown)


def lines(shown: Shown) -> Content:
    """The measures against the study's axis, a line for each series."""
    figures = [line_figure(shown, measure, shown.figure_id(measure)) for measure in shown.measures[:SHOWN]]
    return Content(figures=figures, numbers=[numbers.by_place(shown, measure) for measure in shown.measures])


def dots(shown: Shown) -> Content:
    """The measures of series without an order, a row for each series."""
    figures = [dot_figure(shown, measure, shown.figure_id(measure)) for measure in shown.measures[:SHOWN]]
    return Content(figures=figures, numbers=[numbers.by_measure(shown)])


def group_note(text: str, sizes: Shown) -> list[str]:
    """A sentence with the mean of each group; none where nothing is known of them."""
    values = sizes.measured.sort_values("x")["value"]
    return [f"{text}: {', '.join(f'{value:.3g}' for value in values)}."] if len(values) else []
