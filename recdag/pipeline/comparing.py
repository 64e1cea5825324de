"""What was published beside what was measured, and the page that shows it."""

from __future__ import annotations

from recdag.papers.catalogue import PAPERS
from recdag.papers.claims import compare, load_anchors, load_claims
from recdag.pipeline.project import Project
from recdag.pipeline.steps import Outcome, step_key
from recdag.report.page import build_report
from recdag.warehouse.provenance import record
from recdag.warehouse.published import replace_rows
from recdag.warehouse.queries import recorded_keys

COMPARISON_VERSION = "1"
REPORT_VERSION = "2"
_EVERYWHERE = ("", "comparison")


def compare_with_papers(project: Project) -> Outcome:
    """Give every published number a verdict; fills the table claims."""
    claims = load_claims()
    with project.published.reading() as connection:
        metrics = connection.execute("from metrics").df()
        known = recorded_keys(connection)
    recorded = known.pop(_EVERYWHERE, None)
    key = step_key(
        evaluations=sorted(known.items()),
        claims=claims.to_csv(),
        stands_for=sorted(project.stands_for.items()),
        version=COMPARISON_VERSION,
    )
    table = compare(claims, metrics, project.stands_for)
    if recorded != key:
        with project.published.update() as connection:
            for paper, rows in table.groupby("paper"):
                replace_rows(connection, "claims", rows, paper=str(paper))
            record(connection, "comparison", key, key, {}, dataset="")
    verdicts = {str(verdict): int(count) for verdict, count in table["verdict"].value_counts().items()}
    return Outcome(key, verdicts, cached=recorded == key)


def write_report(project: Project) -> Outcome:
    """Write the report page, unless the results and the page's code are those it shows."""
    path = project.settings.report
    with project.published.reading() as connection:
        key = step_key(
            results=sorted(recorded_keys(connection).items()), papers=repr(PAPERS), version=REPORT_VERSION
        )
    stamp = path.with_suffix(".key")
    cached = path.exists() and stamp.exists() and stamp.read_text() == key
    if not cached:
        build_report(
            project.settings.published,
            path,
            papers=PAPERS,
            anchors=load_anchors(),
            stands_for=project.stands_for,
        )
        stamp.write_text(key)
    return Outcome(key, {"path": str(path), "kilobytes": path.stat().st_size // 1024}, cached)
