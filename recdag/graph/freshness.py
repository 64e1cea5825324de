"""Whether published results are those that a run would give now."""

from __future__ import annotations

from recdag.errors import RecdagError
from recdag.graph.checks import Verdict
from recdag.graph.feasibility import refusal
from recdag.graph.inspection import Inspection
from recdag.graph.project import Project
from recdag.graph.snapshot import Snapshot
from recdag.graph.standing import SETTLED
from recdag.papers.catalogue import PAPERS
from recdag.warehouse.queries import recorded_keys


def results_current(project: Project, dataset: str, paper: str) -> Verdict:
    """The published rows are those that recipes, code and data of this moment would give."""
    if reason := refusal(project, dataset, paper):
        return Verdict(True, f"Left out: {reason}")
    snapshot = Snapshot(project.settings)
    with snapshot.published.reading() as connection:
        recorded = recorded_keys(connection)
    try:
        standings = Inspection(snapshot, dataset, recorded).run_results(PAPERS[paper])
    except RecdagError as error:
        return Verdict(False, str(error))
    decisive = {f"{paper}/{model}" for model in PAPERS[paper].nodes} | {f"{paper}/evaluation"}
    old = [each for each in standings if each.asset in decisive and each.state not in SETTLED]
    if old:
        told = [f"{each.asset}: {'; '.join(each.reasons) or each.state}" for each in old]
        numbers = {"not current": len(old), "stale": [each.asset for each in old]}
        return Verdict(False, ". ".join(told), numbers)
    return Verdict(True, "A run would measure nothing anew", {"not current": 0})
