"""Whether published results are those that a run would give now."""

from __future__ import annotations

from recdag.papers.catalogue import PAPERS
from recdag.pipeline.project import Project
from recdag.pipeline.snapshot import Snapshot
from recdag.pipeline.status import SETTLED, dataset_status
from recdag.pipeline.verification import Verdict
from recdag.warehouse.queries import recorded_keys


def results_current(project: Project, dataset: str, paper: str) -> Verdict:
    """The published rows are those that recipes, code and data of this moment would give."""
    snapshot = Snapshot(project.settings)
    with snapshot.published.reading() as connection:
        recorded = recorded_keys(connection)
    status = dataset_status(snapshot, dataset, recorded)
    decisive = {f"{paper}/{model}" for model in PAPERS[paper].nodes} | {f"{paper}/evaluation"}
    old = [each for each in status.standings if each.asset in decisive and each.state not in SETTLED]
    if status.problem or old:
        told = [f"{each.asset}: {'; '.join(each.reasons) or each.state}" for each in old]
        return Verdict(False, status.problem or ". ".join(told), {"stale": [each.asset for each in old]})
    return Verdict(True, "A run would measure nothing anew")
