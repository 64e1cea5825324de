"""What the page says of each paper, data set by data set."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from recdag.papers.paper import Paper
from recdag.report.contents import ContentsEntry, contents_of, studies_of
from recdag.report.result_tables import result_table
from recdag.report.row_provenance import RowProvenance, provenance_of
from recdag.report.searches import Search, searches_of
from recdag.report.study_sections import StudySection
from recdag.report.table_figures import ResultFigure, figures_of
from recdag.report.tables import ResultTable, StandsFor
from recdag.report.verdicts.evidence import Unjudged
from recdag.report.verdicts.lead import Lead, lead_of, lead_sentence
from recdag.report.verdicts.opening import Next, next_run, opening_sentence, outcome_sentence
from recdag.report.verdicts.survival import Survivals, survival_sentence, survivals_of
from recdag.report.verdicts.tally import verdict_counts


@dataclass(frozen=True)
class Material:
    """What the page is made of: the published tables, and what is known besides.

    Attributes:
        results, claims, ..., seed_deviations: as from `queries`.
        simulated: names of the simulated data sets.
        notes: (data set, paper) -> what has to be known of the split.
        papers, anchors, stands_for, obtainable, searchable: as in `page.build_report`.
    """

    results: pd.DataFrame
    datasets: pd.DataFrame
    claims: pd.DataFrame
    significance: pd.DataFrame
    curves: pd.DataFrame
    studies: pd.DataFrame
    sources: pd.DataFrame
    recipes: pd.DataFrame
    trials: pd.DataFrame
    trainings: pd.DataFrame
    seed_deviations: pd.DataFrame
    simulated: frozenset[str]
    notes: Mapping[tuple[str, str], tuple[str, ...]]
    papers: Mapping[str, Paper]
    anchors: pd.DataFrame | None
    stands_for: StandsFor
    obtainable: Collection[str] | None
    searchable: Collection[str] | None


@dataclass(frozen=True)
class DatasetSection:
    """One data set's results for one paper.

    Attributes:
        survivals: whose claim survives, where the models of all papers are compared.
        unjudged: the claims that cannot be judged here; None where all can, or nothing is claimed.
        notes: what has to be known of the split, a sentence each.
    """

    table: ResultTable
    anchor_sources: tuple[str, ...]
    figures: tuple[ResultFigure, ...]
    provenance: tuple[RowProvenance, ...]
    survivals: Survivals
    unjudged: Unjudged | None
    searches: tuple[Search, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class PaperSection:
    """One paper: what it is, how its claims came out, whether its lead holds, its results and studies.

    Attributes:
        opening: what came out, for the top of the page; sentence: the same for the section, without the lead.
        next: what to run of it; None where it has been run on real data.
        lead: how its leading model stands on each data set, or whose claim survives, a sentence each.
    """

    id: str
    about: Paper | None
    verdicts: Mapping[str, int]
    opening: str
    sentence: str
    next: Next | None
    lead: tuple[str, ...]
    datasets: tuple[DatasetSection, ...]
    studies: Mapping[str, tuple[StudySection, ...]]
    contents: tuple[ContentsEntry, ...]


def paper_section(material: Material, paper: str) -> PaperSection:
    """Everything that is said of one paper."""
    about, reach = material.papers.get(paper), material.obtainable
    claims = material.claims[material.claims["paper"] == paper]
    tables = list(_tables(material, paper, about))
    searchable = material.searchable is None or paper in material.searchable
    tests = material.significance
    leads = [lead_of(table, about, tests, searchable=searchable) for table in tables]
    survivals = [survivals_of(table, material.papers, tests, searchable=searchable) for table in tables]
    said = [lead_sentence(lead) for lead in leads if isinstance(lead, Lead)]
    said += [survival_sentence(each.judged) for each in survivals]
    studies = studies_of(
        material.studies, paper, about=about, claims=material.claims, stands_for=material.stands_for
    )
    return PaperSection(
        id=paper,
        about=about,
        verdicts=verdict_counts(claims, reach),
        opening=opening_sentence(about, claims, list(filter(None, leads)), tables, survivals, reach),
        sentence=outcome_sentence(claims, tables, reach),
        next=next_run(about, claims, tables, material.stands_for, reach),
        lead=tuple(filter(None, said)),
        datasets=tuple(
            DatasetSection(
                table,
                _anchor_sources(table),
                figures_of(table, material.curves),
                provenance_of(table, material.sources, material.recipes),
                survival,
                lead if isinstance(lead, Unjudged) else survival.unjudged,
                searches_of(material.trials, paper, table.dataset),
                material.notes.get((table.dataset, paper), ()),
            )
            for table, lead, survival in zip(tables, leads, survivals, strict=True)
        ),
        studies=studies,
        contents=contents_of(studies, about),
    )


def datasets_of(
    results: pd.DataFrame,
    paper: str,
    claims: pd.DataFrame,
    stands_for: StandsFor,
    simulated: Collection[str] = (),
) -> list[str]:
    """The data sets on which a paper has results, those that it has numbers on first, the simulated last."""
    mine = results.loc[results["paper"] == paper, ["dataset", "protocol"]].drop_duplicates()
    with_claims = set(claims.loc[claims["paper"] == paper, "dataset"])
    pairs = zip(mine["dataset"], mine["protocol"], strict=True)
    order = {
        (stands_for.get(pair, pair[0]) not in with_claims, pair[0] in simulated, pair[0]) for pair in pairs
    }
    return list(dict.fromkeys(dataset for *_, dataset in sorted(order)))


def _tables(material: Material, paper: str, about: Paper | None) -> Iterator[ResultTable]:
    for dataset in datasets_of(
        material.results, paper, material.claims, material.stands_for, material.simulated
    ):
        table = result_table(
            material.results,
            paper,
            dataset,
            about=about,
            claims=material.claims,
            significance=material.significance,
            anchors=material.anchors,
            stands_for=material.stands_for,
            seed_deviations=material.seed_deviations,
            trainings=material.trainings,
            simulated=material.simulated,
        )
        if table:
            yield table


def _anchor_sources(table: ResultTable) -> tuple[str, ...]:
    cells = [cell for row in table.rows for cell in row.cells if cell]
    return tuple(dict.fromkeys(source for cell in cells for _, source in cell.anchors))
