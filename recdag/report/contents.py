"""Which studies a paper has, and where on the page they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from recdag.papers.paper import Paper
from recdag.report.study_sections import StudySection, study_sections
from recdag.report.tables import StandsFor


@dataclass(frozen=True)
class ContentsEntry:
    """One study: its title and place in the paper; data set and id of each section about it."""

    title: str
    figure: str
    places: tuple[tuple[str, str], ...]


def studies_of(
    rows: pd.DataFrame,
    paper: str,
    *,
    about: Paper | None = None,
    claims: pd.DataFrame | None = None,
    stands_for: StandsFor | None = None,
) -> dict[str, tuple[StudySection, ...]]:
    """Data set -> sections of the paper's studies on it; the arguments are those of `study_sections`."""
    datasets = sorted(rows.loc[rows["paper"] == paper, "dataset"].unique())
    sections = {
        dataset: study_sections(rows, paper, dataset, about=about, claims=claims, stands_for=stands_for)
        for dataset in datasets
    }
    return {dataset: each for dataset, each in sections.items() if each}


def contents_of(
    sections: Mapping[str, tuple[StudySection, ...]], about: Paper | None
) -> tuple[ContentsEntry, ...]:
    """Every study of the paper, also those that have not been run, then others with rows."""
    names = {study.id: (study.title, study.figure) for study in about.studies} if about else {}
    placed = [(dataset, section) for dataset, each in sections.items() for section in each]
    names |= {section.study: (section.title, section.figure) for _, section in placed}
    return tuple(
        ContentsEntry(title, figure, tuple((dataset, s.id) for dataset, s in placed if s.study == name))
        for name, (title, figure) in names.items()
    )
