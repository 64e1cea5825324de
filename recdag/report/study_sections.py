"""The studies of a paper on a data set, ready for the page."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from recdag.papers.paper import Paper
from recdag.report.tables import StandsFor
from recdag.studies.content import Shown, plain
from recdag.studies.numbers import NumberTable
from recdag.studies.points import published_points
from recdag.studies.study import Study


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
        shown = Shown(
            f"{paper}-{dataset}-study-{name}",
            dataset,
            measured,
            published_points(mentioned, measured),
            leading=tuple(about.metrics) if about else (),
            labels=study.labels if study else {},
        )
        sections.append(_section(name, study, shown))
    return tuple(sections)


def _section(name: str, study: Study | None, shown: Shown) -> StudySection:
    """A study as its kind shows it; rows of another kind, or of a study declared no more, as they are."""
    own = study is not None and set(shown.measured["kind"]) == {study.kind}
    content = study.content(shown) if study and own else plain(shown)
    return StudySection(
        id=shown.id,
        study=name,
        title=study.title if study else name,
        figure=study.figure if study else "",
        summary=study.summary if study else "",
        figures=tuple((Markup(each.svg), each.caption) for each in content.figures),
        notes=tuple(content.notes),
        tables=tuple(content.tables),
        numbers=tuple(content.numbers),
    )


def _answered(claims: pd.DataFrame | None, paper: str, dataset: str, study: Study | None) -> pd.DataFrame:
    """The claims of the paper on a data set that a study answers."""
    if claims is None:
        return pd.DataFrame(columns=["model", "variant", "metric", "published"])
    sources = list(study.sources) if study else []
    return claims[
        (claims["paper"] == paper) & (claims["dataset"] == dataset) & claims["source"].isin(sources)
    ]
