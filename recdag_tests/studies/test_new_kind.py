"""A kind of study that is this file alone: it is planned, run, published, shown and part of the graph."""

from dataclasses import dataclass, replace

import dagster as dg
import numpy as np
import pandas as pd
import pytest

from recdag.graph.assets import graph
from recdag.graph.study_request import StudyRequest
from recdag.graph.study_runs import run_study, skip_study
from recdag.orchestration.assets import asset
from recdag.papers.catalogue import PAPERS
from recdag.report.page import build_report
from recdag.studies.study import SHARE, Reads, Study, StudyPlan, StudyResult


@dataclass(frozen=True, kw_only=True)
class LongHistories(Study):
    """The share of test users with at least so many items in training."""

    lengths: tuple[int, ...] = (1, 10, 100)

    @property
    def labels(self):
        return {"users": "share of test users"}

    def reads(self, chosen=None):
        return Reads(split=True)

    def why_skipped(self, dataset):
        return "all its histories are long" if dataset.name == "long" else None

    def plan(self, bench):
        def compute():
            (split,) = bench.splits()
            sizes = np.diff(split.test.history.indptr)
            rows = [(float(length), (sizes >= length).mean()) for length in self.lengths]
            table = pd.DataFrame(rows, columns=["x", "value"])
            return StudyResult(table.assign(x_name="length", series="all", metric="users", statistic=SHARE))

        return StudyPlan(bench.versions([f"splits/{bench.protocol}"]), compute)


@pytest.fixture
def project(prepare, monkeypatch):
    study = LongHistories(id="long_histories", title="Long histories", summary="Who has many.", quick=True)
    monkeypatch.setitem(PAPERS, "ncf", replace(PAPERS["ncf"], studies=(study,)))
    return prepare("leave_one_out")


def test_a_kind_is_run_and_has_its_section_in_the_report(project, tmp_path):
    request = StudyRequest(project, "tiny", "ncf")
    assert skip_study(request, PAPERS["ncf"].study("long_histories")) is None
    assert not run_study(request, "long_histories").cached
    assert run_study(request, "long_histories").cached
    with project.published.reading() as connection:
        rows = connection.execute("select kind, statistic, x, value from studies order by x").fetchall()
    assert [row[:3] for row in rows] == [("long_histories", "share", x) for x in (1.0, 10.0, 100.0)]
    assert rows[0][3] == 1.0 and rows[2][3] == 0.0

    report = build_report(project.published.path, tmp_path / "report.html", papers=PAPERS)
    page = report.read_text(encoding="utf-8")
    assert 'id="ncf-tiny-study-long_histories"' in page
    assert "Share of test users by length." in page and "share of test users by length on tiny" in page


def test_a_kind_is_an_asset_behind_what_it_reads(project):
    mine = graph(project)["ncf/long_histories"]
    assert mine.needs == mine.awaits == ("splits/leave_one_out",)
    assert {"kind": mine.kinds, "group": mine.group} == {"kind": {"duckdb", "torch"}, "group": "ncf"}
    assert mine.code == (__name__,)
    links = asset(mine, project, dg.StaticPartitionsDefinition(["tiny"])).metadata_by_key
    (described,) = links.values()
    assert described["dagster/code_references"].code_references[0].file_path == __file__
