"""The studies of a paper on a data set, ready for the page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd
from markupsafe import Markup

from recdag.papers.paper import Paper
from recdag.report.tables import StandsFor
from recdag.studies import numbers
from recdag.studies.base import Study
from recdag.studies.figures import (
    Drawn,
    curve_figures,
    dot_figures,
    histogram_figures,
    line_figures,
)
from recdag.studies.misfits import misfits, says_how_many_times
from recdag.studies.numbers import DIFFERENCE, P_VALUE, NumberTable
from recdag.studies.points import published_points

_SHOWN = 2


@dataclass(frozen=True)
class StudySection:
    """One study on one data set.

    Attributes:
        id: unique on the page.
        figures: SVG and caption.
        notes: sentences under the figures.
        tables: shown at once.
        numbers: tables that can be unfolded.
    """

    id: str
    study: str
    title: str
    figure: str
    summary: str
    figures: tuple[tuple[Markup, str], ...] = ()
    notes: tuple[str, ...] = ()
    tables: tuple[NumberTable, ...] = ()
    numbers: tuple[NumberTable, ...] = ()


@dataclass(frozen=True)
class Content:
    """What a kind of study shows."""

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
        published: as from `published_points`.
        metrics: the leading one first.
    """

    id: str
    dataset: str
    measured: pd.DataFrame
    published: pd.DataFrame
    metrics: tuple[str, ...]


def study_sections(
    rows: pd.DataFrame,
    paper: str,
    dataset: str,
    *,
    about: Paper | None = None,
    claims: pd.DataFrame | None = None,
    stands_for: StandsFor | None = None,
) -> tuple[StudySection, ...]:
    """Every study of a paper that has rows on a data set, in the paper's order.

    Args:
        rows: the published table `studies`.
        claims: the published table of this name.
        stands_for: (our data set, protocol) -> the paper's data set that it stands for.
    """
    mine = rows[(rows["paper"] == paper) & (rows["dataset"] == dataset) & rows["value"].notna()]
    declared = {study.id: study for study in about.studies} if about else {}
    protocol = about.protocol if about else ""
    counterpart = (stands_for or {}).get((dataset, protocol), dataset)
    sections = []
    for name in dict.fromkeys([*declared, *mine["study"]]):
        measured = mine[mine["study"] == name].reset_index(drop=True)
        if measured.empty:
            continue
        study = declared.get(name)
        mentioned = _answered(claims, paper, counterpart, study)
        id = f"{paper}-{dataset}-study-{name}"
        metrics = _order(measured, about.metrics if about else ())
        content = _content(Shown(id, dataset, measured, published_points(mentioned, measured), metrics))
        sections.append(
            StudySection(
                id=id,
                study=name,
                title=study.title if study else name,
                figure=study.figure if study else "",
                summary=study.summary if study else "",
                figures=tuple((Markup(each.svg), each.caption) for each in content.figures),
                notes=tuple(content.notes),
                tables=tuple(content.tables),
                numbers=tuple(content.numbers),
            )
        )
    return tuple(sections)


def _answered(claims: pd.DataFrame | None, paper: str, dataset: str, study: Study | None) -> pd.DataFrame:
    """The claims of the paper on a data set that a study answers."""
    if claims is None:
        return pd.DataFrame(columns=["model", "variant", "metric", "published"])
    sources = list(study.sources) if study else []
    return claims[
        (claims["paper"] == paper) & (claims["dataset"] == dataset) & claims["source"].isin(sources)
    ]


def _order(measured: pd.DataFrame, leading: Sequence[str]) -> tuple[str, ...]:
    """The metrics of a study, those that the paper leads with first."""
    found = list(dict.fromkeys(measured["metric"]))
    return tuple(dict.fromkeys([*(name for name in leading if name in found), *found]))


def _content(shown: Shown) -> Content:
    """By what the rows are about: the table `studies` says no more of their kind than this."""
    axes = set(shown.measured["x_name"].dropna())
    metrics = set(shown.metrics)
    if axes == {"community"}:
        return Content(tables=[numbers.community_table(shown.measured)])
    if metrics == {"share"}:
        return _histograms(shown)
    if axes and axes <= {"epoch", "seconds"}:
        return _curves(shown)
    if any(metric.endswith(P_VALUE) for metric in metrics) or "users" in set(shown.measured["series"]):
        return _by_activity(shown)
    if axes == {"group by popularity"}:
        return _by_popularity(shown)
    if says_how_many_times(shown.measured).any():
        return _defaults(shown)
    if shown.measured["x"].isna().all():
        return _dots(shown)
    return _lines(shown)


def _figure_id(shown: Shown, *parts: str) -> str:
    return "-".join([shown.id, *(re.sub(r"[^a-z0-9]+", "-", part.lower()) for part in parts)])


def _lines(shown: Shown) -> Content:
    drawn = [
        line_figures(shown.measured, shown.published, metric, shown.dataset, _figure_id(shown, metric))
        for metric in shown.metrics[:_SHOWN]
    ]
    tables = [numbers.by_place(shown.measured, shown.published, metric) for metric in shown.metrics]
    return Content(figures=drawn, numbers=tables)


def _dots(shown: Shown) -> Content:
    drawn = [
        dot_figures(shown.measured, shown.published, metric, shown.dataset, _figure_id(shown, metric))
        for metric in shown.metrics[:_SHOWN]
    ]
    return Content(figures=drawn, numbers=[numbers.by_metric(shown.measured, shown.published)])


def _defaults(shown: Shown) -> Content:
    dots = _dots(_only(shown, ~says_how_many_times(shown.measured)))
    return Content(dots.figures, misfits(shown.measured), numbers=_dots(shown).numbers)


def _curves(shown: Shown) -> Content:
    drawn: list[Drawn] = []
    for over, count in (("epoch", _SHOWN), ("seconds", 1)):
        there = shown.measured[shown.measured["x_name"] == over]
        metrics = [name for name in shown.metrics if name in set(there["metric"])]
        drawn += [
            curve_figures(there, over, metric, shown.dataset, _figure_id(shown, over, metric))
            for metric in metrics[:count]
        ]
    return Content(figures=drawn, numbers=[numbers.curve_ends(shown.measured)])


def _histograms(shown: Shown) -> Content:
    names = list(dict.fromkeys(shown.measured["x_name"]))
    drawn = [
        histogram_figures(shown.measured, x_name, shown.dataset, _figure_id(shown, x_name))
        for x_name in names
    ]
    return Content(figures=drawn, numbers=[numbers.bins(shown.measured, x_name) for x_name in names])


def _by_activity(shown: Shown) -> Content:
    is_test = shown.measured["metric"].str.endswith((P_VALUE, DIFFERENCE))
    is_size = shown.measured["series"] == "users"
    lines = _lines(_only(shown, ~is_test & ~is_size))
    notes = _group_note("Items that the models are given of a user, mean of each group", shown, is_size)
    tests = numbers.paired_differences(shown.measured)
    return Content(lines.figures, notes, [tests] if tests else [], lines.numbers)


def _by_popularity(shown: Shown) -> Content:
    is_size = shown.measured["series"] == "items"
    lines = _lines(_only(shown, ~is_size))
    notes = _group_note("Training users of a held-out pair's item, mean of each group", shown, is_size)
    return Content(lines.figures, notes, numbers=lines.numbers)


def _only(shown: Shown, kept: pd.Series) -> Shown:
    measured = shown.measured[kept]
    return replace(shown, measured=measured, metrics=tuple(dict.fromkeys(measured["metric"])))


def _group_note(text: str, shown: Shown, is_size: pd.Series) -> list[str]:
    sizes = shown.measured[is_size].sort_values("x")["value"]
    return [f"{text}: {', '.join(f'{value:.3g}' for value in sizes)}."] if len(sizes) else []
