"""The comparison page: one HTML file that holds its style, script and figures and needs no network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from recdag.report import queries, wording
from recdag.report.files import write_whole
from recdag.report.lead import lead_of, lead_sentence
from recdag.report.left_out import left_out_of
from recdag.report.opening import opening_sentence, outcome_sentence
from recdag.report.origins import Origin, origins_of
from recdag.report.result_figures import ResultFigure, figures_of
from recdag.report.results import result_table
from recdag.report.searches import Search, searches_of
from recdag.report.studies.contents import ContentsEntry, contents_of, studies_of
from recdag.report.studies.sections import StudySection
from recdag.report.survival import Survival, survival_sentence, survivals_of
from recdag.report.tables import PaperLike, ResultTable, StandsFor
from recdag.report.templates import HERE, templates
from recdag.warehouse.left_out import read_left_out

SIMULATED = "demo"


@dataclass(frozen=True)
class DatasetSection:
    """One data set's results for one paper.

    Attributes:
        survivals: whose claim survives, where the models of all papers are compared.
    """

    table: ResultTable
    anchor_sources: tuple[str, ...]
    figures: tuple[ResultFigure, ...]
    origins: tuple[Origin, ...]
    survivals: tuple[Survival, ...]
    searches: tuple[Search, ...]


@dataclass(frozen=True)
class PaperSection:
    """One paper: what it is, how its claims came out, whether its lead holds, its results and studies.

    Attributes:
        opening: the verdict for the top of the page; sentence: the same for the section, without the lead.
        lead: how its leading model stands on each data set, or whose claim survives, a sentence each.
    """

    id: str
    about: PaperLike | None
    verdicts: Mapping[str, int]
    opening: str
    sentence: str
    lead: tuple[str, ...]
    datasets: tuple[DatasetSection, ...]
    studies: Mapping[str, tuple[StudySection, ...]]
    contents: tuple[ContentsEntry, ...]


def build_report(
    published: Path,
    output: Path,
    *,
    papers: Mapping[str, PaperLike] | None = None,
    anchors: pd.DataFrame | None = None,
    stands_for: StandsFor | None = None,
    made_at: datetime | None = None,
) -> Path:
    """Write the comparison page from the published results.

    The file appears complete or not at all.

    Args:
        published: the published DuckDB file.
        output: where the page goes.
        papers: what is known of each paper, in the order of the page; papers with results that are
            not among them follow.
        anchors: dataset, protocol, model, metric, value, source of independent results.
        stands_for: (our data set, protocol) -> the paper's data set that it stands for.
        made_at: the time printed on the page, now by default.

    Raises:
        DataError: nothing has been published.
    """
    papers = papers or {}
    with queries.reading(published) as connection:
        results = queries.read_results(connection)
        datasets = queries.read_datasets(connection)
        claims = queries.read_claims(connection)
        significance = queries.read_significance(connection)
        curves = queries.read_curves(connection)
        studies = queries.read_studies(connection)
        sources = queries.read_sources(connection)
        recipes = queries.read_table(connection, "recipes")
        trials = queries.read_table(connection, "trials")
        seed_deviations = queries.read_seed_deviations(connection)
        left_out = left_out_of(read_left_out(connection))

    sections = []
    for paper in dict.fromkeys([*papers, *results["paper"], *studies["paper"]]):
        found = studies_of(studies, paper, about=papers.get(paper), claims=claims, stands_for=stands_for)
        tables = [
            table
            for dataset in datasets_of(results, paper, claims, stands_for or {})
            if (
                table := result_table(
                    results,
                    paper,
                    dataset,
                    about=papers.get(paper),
                    claims=claims,
                    significance=significance,
                    anchors=anchors,
                    stands_for=stands_for,
                    seed_deviations=seed_deviations,
                )
            )
        ]
        mine = claims[claims["paper"] == paper]
        leads = [lead for table in tables if (lead := lead_of(table, papers.get(paper), significance))]
        survivals = [survivals_of(table, papers, significance) for table in tables]
        said = [*map(lead_sentence, leads), *map(survival_sentence, survivals)]
        sections.append(
            PaperSection(
                paper,
                papers.get(paper),
                _counts(mine),
                opening_sentence(papers.get(paper), mine, leads, tables, survivals),
                outcome_sentence(mine, tables),
                tuple(filter(None, said)),
                tuple(
                    DatasetSection(
                        table,
                        _anchor_sources(table),
                        figures_of(table, curves),
                        origins_of(table, sources, recipes),
                        found_here,
                        searches_of(trials, paper, table.dataset),
                    )
                    for table, found_here in zip(tables, survivals, strict=True)
                ),
                found,
                contents_of(found, papers.get(paper)),
            )
        )
    page = (
        templates(html=True)
        .get_template("page.html")
        .render(
            sections=sections,
            datasets=list(datasets.itertuples(index=False)),
            claims=list(claims.itertuples(index=False)),
            verdicts=_counts(claims),
            run=_what_was_run(results),
            left_out=left_out,
            made_at=made_at or datetime.now(UTC),
            style=Markup((HERE / "page.css").read_text(encoding="utf-8")),
            script=Markup((HERE / "page.js").read_text(encoding="utf-8")),
        )
    )
    write_whole(page, output)
    return output


def datasets_of(results: pd.DataFrame, paper: str, claims: pd.DataFrame, stands_for: StandsFor) -> list[str]:
    """The data sets on which a paper has results, those that it has numbers on first, the simulated last."""
    mine = results.loc[results["paper"] == paper, ["dataset", "protocol"]].drop_duplicates()
    with_claims = set(claims.loc[claims["paper"] == paper, "dataset"])
    pairs = zip(mine["dataset"], mine["protocol"], strict=True)
    order = {
        (stands_for.get(pair, pair[0]) not in with_claims, pair[0] == SIMULATED, pair[0]) for pair in pairs
    }
    return list(dict.fromkeys(dataset for *_, dataset in sorted(order)))


def _what_was_run(results: pd.DataFrame) -> dict[str, Any]:
    """How many models were trained, on what, and how many seconds one fold of each took."""
    trained = results.drop_duplicates(["dataset", "paper", "model", "variant", "selection"])
    return {
        "models": trained["model"].nunique(),
        "trainings": len(trained),
        "seconds": float(trained["train_seconds"].sum()),
        "devices": sorted(set(trained["device"].dropna())),
    }


def _counts(claims: pd.DataFrame) -> dict[str, int]:
    counts = claims["verdict"].value_counts()
    return {verdict: int(counts.get(verdict, 0)) for verdict in wording.VERDICTS}


def _anchor_sources(table: ResultTable) -> tuple[str, ...]:
    cells = [cell for row in table.rows for cell in row.cells if cell]
    return tuple(dict.fromkeys(source for cell in cells for _, source in cell.anchors))
