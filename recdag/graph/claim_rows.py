"""What was published beside what was measured, and the page that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from recdag.datasets.file_search import find_files, search_folders
from recdag.errors import ConfigError
from recdag.graph.ledger import written_page
from recdag.graph.project import Project
from recdag.graph.published_lists import ASSET as RECOMMENDATIONS
from recdag.graph.step import Outcome, code_version, step_key
from recdag.papers.catalogue import PAPERS
from recdag.papers.claims import VERDICTS, compare, load_anchors, load_claims, tolerance
from recdag.papers.paper import Paper
from recdag.report.page import build_report
from recdag.report.queries import read_datasets, read_simulated
from recdag.report.records import write_records
from recdag.report.templates import templates_version
from recdag.report.verdicts.evidence import SIMULATED
from recdag.report.verdicts.tally import verdict_bars
from recdag.warehouse.lookups import recorded_keys
from recdag.warehouse.provenance import record
from recdag.warehouse.published import replace_rows
from recdag.warehouse.skipped_rows import read_skipped

COMPARED = ("recdag.papers.claims",)
REPORTED = ("recdag.report.page", "recdag.report.records")
"""The modules that decide the verdicts, and the page."""
_DRAWN = ("recdag.plots", "recdag.studies", "recdag.words")
EVERYWHERE = ("", "comparison")


def comparison_key(project: Project, recorded: Mapping[tuple[str, str], str]) -> str:
    """What the verdicts depend on: everything measured so far, and what was published."""
    measured = [
        (place, key) for place, key in recorded.items() if place != EVERYWHERE and place[1] != RECOMMENDATIONS
    ]
    claims = load_claims()
    return step_key(
        evaluations=sorted(measured),
        claims=claims.to_csv(),
        stands_for=sorted(project.stands_for.items()),
        tolerances={metric: tolerance(metric) for metric in sorted(set(claims["metric"]))},
        version=code_version(COMPARED),
    )


def report_key(project: Project, recorded: Mapping[tuple[str, str], str]) -> str:
    """What the page depends on."""
    with project.published.reading() as connection:
        skipped = sorted(read_skipped(connection).items())
    return step_key(
        skipped=skipped,
        obtainable=sorted(obtainable(project)),
        searchable=sorted(searchable(project)),
        results=sorted((place, key) for place, key in recorded.items() if place[1] != RECOMMENDATIONS),
        papers=repr(PAPERS),
        anchors=load_anchors().to_csv(),
        version=code_version(REPORTED, _DRAWN),
        templates=templates_version(),
    )


def obtainable(project: Project) -> frozenset[str]:
    """The papers' data sets that can be had: their files, or those of one standing for it, are at hand or
    can be fetched."""
    folders = search_folders(project.settings.data)
    had = {
        name
        for name, entry in project.catalogue.items()
        if not entry.simulated and (entry.download or find_files(entry, folders) is not None)
    }
    return frozenset(had | {paper_set for (ours, _), paper_set in project.stands_for.items() if ours in had})


def searchable(project: Project) -> frozenset[str]:
    """The papers whose recipes say what hyperparameters are worth trying; a damaged recipe says nothing."""
    return frozenset(paper.id for paper in PAPERS.values() if _has_search(project, paper))


def _has_search(project: Project, paper: Paper) -> bool:
    try:
        recipe = project.recipe(paper.id)
        return any(recipe.space(model) for model in paper.nodes)
    except ConfigError:
        return False


def compare_with_papers(project: Project) -> Outcome:
    """Give every published number a verdict; fills the table claims."""
    with project.published.reading() as connection:
        known = recorded_keys(connection)
        key = comparison_key(project, known)
        cached = known.get(EVERYWHERE) == key
        if cached:
            return Outcome(key, _told(connection), cached)
        metrics = connection.execute("from metrics").df()
    table = compare(load_claims(), metrics, project.stands_for)
    with project.published.update() as connection:
        for paper, rows in table.groupby("paper"):
            replace_rows(connection, "claims", rows, paper=str(paper))
        record(connection, "comparison", key, key, {}, dataset="")
        return Outcome(key, _told(connection), cached)


def _told(connection: DuckDBPyConnection) -> dict[str, Any]:
    """Verdict -> how many published numbers have it, also none; and what of all with results is simulated."""
    counted = connection.execute("select verdict, count(*) from claims group by verdict").fetchall()
    verdicts = dict.fromkeys(VERDICTS, 0) | dict(counted)
    known = read_simulated(connection) & set(read_datasets(connection)["dataset"])
    return {**verdicts, **{name: SIMULATED for name in sorted(known)}}


def write_report(project: Project) -> Outcome:
    """Write the report page and the reproduction records, unless they show these results already."""
    path = project.settings.report
    with project.published.reading() as connection:
        key = report_key(project, recorded_keys(connection))
    cached = written_page(path) == key
    if not cached:
        build_report(
            project.settings.published,
            path,
            papers=PAPERS,
            anchors=load_anchors(),
            stands_for=project.stands_for,
            obtainable=obtainable(project),
            searchable=searchable(project),
        )
        write_records(project.settings.published, path.parent, papers=PAPERS, stands_for=project.stands_for)
        with project.published.reading() as connection:
            picture = verdict_bars(connection.execute("from claims").df(), obtainable(project))
        if picture is not None:
            _picture(project).write_bytes(picture)
        path.with_suffix(".key").write_text(key)
    written = {
        "path": str(path),
        "kilobytes": path.stat().st_size // 1024,
        "records": _records_in(path.parent),
    }
    return Outcome(key, written, cached)


def report_picture(project: Project) -> bytes | None:
    """A PNG of the verdicts by paper, made with the report; None where there is none."""
    path = _picture(project)
    return path.read_bytes() if path.exists() else None


def _picture(project: Project) -> Path:
    return project.settings.report.with_name("verdicts.png")


def _records_in(folder: Path) -> int:
    return sum(1 for _ in folder.glob("*/*/*.md"))
