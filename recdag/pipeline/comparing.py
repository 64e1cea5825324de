"""What was published beside what was measured, and the page that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from duckdb import DuckDBPyConnection

from recdag.papers.catalogue import PAPERS
from recdag.papers.claims import compare, load_anchors, load_claims
from recdag.pipeline.project import Project
from recdag.pipeline.recommendations import ASSET as RECOMMENDATIONS
from recdag.pipeline.steps import Outcome, step_key
from recdag.report.page import build_report
from recdag.report.records import write_records
from recdag.report.verdict_bars import verdict_bars
from recdag.warehouse.provenance import record
from recdag.warehouse.published import replace_rows
from recdag.warehouse.queries import recorded_keys

COMPARISON_VERSION = "2"
REPORT_VERSION = "7"
EVERYWHERE = ("", "comparison")


def comparison_key(project: Project, recorded: Mapping[tuple[str, str], str]) -> str:
    """What the verdicts depend on: everything measured so far, and what was published."""
    measured = [
        (place, key) for place, key in recorded.items() if place != EVERYWHERE and place[1] != RECOMMENDATIONS
    ]
    return step_key(
        evaluations=sorted(measured),
        claims=load_claims().to_csv(),
        stands_for=sorted(project.stands_for.items()),
        version=COMPARISON_VERSION,
    )


def report_key(recorded: Mapping[tuple[str, str], str]) -> str:
    """What the page depends on."""
    return step_key(
        results=sorted(recorded.items()),
        papers=repr(PAPERS),
        anchors=load_anchors().to_csv(),
        version=REPORT_VERSION,
    )


def written_report(project: Project) -> str | None:
    """The key of the page that there is; None where there is none."""
    path = project.settings.report
    stamp = path.with_suffix(".key")
    return stamp.read_text() if path.exists() and stamp.exists() else None


def compare_with_papers(project: Project) -> Outcome:
    """Give every published number a verdict; fills the table claims."""
    with project.published.reading() as connection:
        known = recorded_keys(connection)
        key = comparison_key(project, known)
        cached = known.get(EVERYWHERE) == key
        if cached:
            return Outcome(key, _verdicts(connection), cached)
        metrics = connection.execute("from metrics").df()
    table = compare(load_claims(), metrics, project.stands_for)
    with project.published.update() as connection:
        for paper, rows in table.groupby("paper"):
            replace_rows(connection, "claims", rows, paper=str(paper))
        record(connection, "comparison", key, key, {}, dataset="")
        return Outcome(key, _verdicts(connection), cached)


def _verdicts(connection: DuckDBPyConnection) -> dict[str, int]:
    """Verdict -> how many published numbers have it."""
    query = "select verdict, count(*) as n from claims group by verdict order by n desc, verdict"
    return dict(connection.execute(query).fetchall())


def write_report(project: Project) -> Outcome:
    """Write the report page and the reproduction records, unless they show these results already."""
    path = project.settings.report
    with project.published.reading() as connection:
        key = report_key(recorded_keys(connection))
    cached = written_report(project) == key
    if not cached:
        build_report(
            project.settings.published,
            path,
            papers=PAPERS,
            anchors=load_anchors(),
            stands_for=project.stands_for,
        )
        write_records(project.settings.published, path.parent, papers=PAPERS, stands_for=project.stands_for)
        with project.published.reading() as connection:
            picture = verdict_bars(connection.execute("from claims").df())
        if picture is not None:
            _picture(project).write_bytes(picture)
        path.with_suffix(".key").write_text(key)
    found = {"path": str(path), "kilobytes": path.stat().st_size // 1024, "records": _records_in(path.parent)}
    return Outcome(key, found, cached)


def report_picture(project: Project) -> bytes | None:
    """A PNG of the verdicts by paper, made with the report; None where there is none."""
    path = _picture(project)
    return path.read_bytes() if path.exists() else None


def _picture(project: Project) -> Path:
    return project.settings.report.with_name("verdicts.png")


def _records_in(folder: Path) -> int:
    return sum(1 for _ in folder.glob("*/*/*.md"))
