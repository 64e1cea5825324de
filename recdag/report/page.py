"""The comparison page: one HTML file that holds its style, script and figures and needs no network."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from recdag.evaluation.metrics import larger_is_better, metric_title
from recdag.files import write_whole
from recdag.papers.paper import Paper
from recdag.report import queries
from recdag.report.paper_sections import Material, PaperSection, paper_section
from recdag.report.skipped import Skipped, skipped_together
from recdag.report.tables import StandsFor
from recdag.report.templates import HERE, templates
from recdag.report.verdicts.evidence import SIMULATED
from recdag.report.verdicts.tally import shown_verdicts, verdict_counts
from recdag.warehouse.skipped_rows import read_skipped


def build_report(
    published: Path,
    output: Path,
    *,
    papers: Mapping[str, Paper] | None = None,
    anchors: pd.DataFrame | None = None,
    stands_for: StandsFor | None = None,
    obtainable: Collection[str] | None = None,
    searchable: Collection[str] | None = None,
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
        obtainable: the papers' data sets that can be had, all by default.
        searchable: papers whose recipes say what hyperparameters are worth trying, all by default.
        made_at: the time printed on the page, now by default.

    Raises:
        DataError: nothing has been published.
    """
    known = {"papers": papers or {}, "anchors": anchors, "stands_for": stands_for or {}}
    material, skipped = _read(published, **known, obtainable=obtainable, searchable=searchable)
    names = dict.fromkeys([*material.papers, *material.results["paper"], *material.studies["paper"]])
    sections = [paper_section(material, name) for name in names]
    claims = material.claims.assign(shown=shown_verdicts(material.claims, obtainable))
    page = (
        templates(html=True)
        .get_template("page.html")
        .render(
            sections=sections,
            places=_places(sections, material.stands_for),
            datasets=list(material.datasets.itertuples(index=False)),
            simulated=sorted(material.simulated & set(material.results["dataset"])),
            SIMULATED=SIMULATED,
            lower=_lower_is_better(material.claims),
            claims=list(claims.itertuples(index=False)),
            verdicts=verdict_counts(material.claims, obtainable),
            run=_what_was_run(material.results),
            skipped=skipped,
            made_at=made_at or datetime.now(UTC),
            style=Markup((HERE / "page.css").read_text(encoding="utf-8")),
            script=Markup((HERE / "page.js").read_text(encoding="utf-8")),
        )
    )
    write_whole(page, output)
    return output


def _read(published: Path, **known: Any) -> tuple[Material, tuple[Skipped, ...]]:
    with queries.reading(published) as connection:
        material = Material(
            results=queries.read_results(connection),
            datasets=queries.read_datasets(connection),
            claims=queries.read_claims(connection),
            significance=queries.read_significance(connection),
            curves=queries.read_curves(connection),
            studies=queries.read_studies(connection),
            sources=queries.read_sources(connection),
            recipes=queries.read_table(connection, "recipes"),
            trials=queries.read_table(connection, "trials"),
            trainings=queries.read_table(connection, "trainings"),
            seed_deviations=queries.read_seed_deviations(connection),
            simulated=queries.read_simulated(connection),
            notes=queries.read_notes(connection),
            **known,
        )
        return material, skipped_together(read_skipped(connection))


def _places(
    sections: Sequence[PaperSection], stands_for: StandsFor
) -> dict[tuple[str, str, str | None], str]:
    """(paper, its data set, source) -> where on the page the measured numbers stand; None: of any source."""
    places: dict[tuple[str, str, str | None], str] = {}
    for section in sections:
        for part in section.datasets:
            place = f"{section.id}-{part.table.dataset}"
            places.setdefault((section.id, part.table.stands_for, None), place)
        sources = {study.id: study.sources for study in section.about.studies} if section.about else {}
        protocol = section.about.protocol if section.about else ""
        for dataset, studies in section.studies.items():
            theirs = stands_for.get((dataset, protocol), dataset)
            for study in studies:
                for source in sources.get(study.study, ()):
                    places.setdefault((section.id, theirs, source), study.id)
    return places


def _lower_is_better(claims: pd.DataFrame) -> list[str]:
    """The metrics of published numbers of which little is good, as printed."""
    return [metric_title(name) for name in dict.fromkeys(claims["metric"]) if not larger_is_better(name)]


def _what_was_run(results: pd.DataFrame) -> dict[str, Any]:
    """How many models were trained, on what, and how many seconds one fold of each took."""
    trained = results.drop_duplicates(["dataset", "paper", "model", "variant", "selection"])
    return {
        "models": trained["model"].nunique(),
        "trainings": len(trained),
        "seconds": float(trained["train_seconds"].sum()),
        "devices": sorted(set(trained["device"].dropna())),
    }
