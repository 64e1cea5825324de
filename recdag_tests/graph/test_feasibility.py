"""What a data set does not allow is skipped before training, and the rest goes on."""

from __future__ import annotations

import io
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import yaml
from rich.console import Console

from recdag.errors import NotApplicable
from recdag.evaluation.protocols import PROTOCOLS, ProtocolOptions
from recdag.evaluation.protocols.requirements import require_held_out
from recdag.evaluation.split import Interactions
from recdag.graph import feasibility
from recdag.graph.assets import make
from recdag.graph.checks import no_leak, plausible_metrics
from recdag.graph.overview import project_status
from recdag.graph.project import Project
from recdag.graph.shared_splits import split_asset
from recdag.graph.snapshot import Snapshot
from recdag.graph.study_request import StudyRequest
from recdag.graph.study_runs import run_study, skip_study
from recdag.orchestration.display import RunDisplay
from recdag.orchestration.runs import materialize
from recdag.papers.catalogue import PAPERS
from recdag.warehouse.lookups import recorded_keys
from recdag.warehouse.skipped_rows import read_skipped


@pytest.fixture
def project(home):
    """`tiny` without its clicks and with 2 users who have two items each, beside others with one."""
    entry = home / "data" / "added" / "tiny.yaml"
    described = yaml.safe_load(entry.read_text())
    del described["columns"]["behaviour"], described["supportive"]
    entry.write_text(yaml.safe_dump(described))
    log = home / "data" / "raw" / "tiny" / "events.csv"
    rows = [f"u{n},i{n % 5},buy,{n}" for n in range(12)] + ["u0,i1,buy,20", "u1,i2,buy,21"]
    log.write_text("\n".join(["user,item,action,time", *rows]) + "\n")
    opened = Project.open()
    make(opened, "tiny", "events", "interactions", "binarized")
    return opened


def test_a_protocol_that_the_data_do_not_allow_says_why(project):
    skipped = {protocol: make(project, "tiny", split_asset(protocol))[0] for protocol in PROTOCOLS}
    reasons = {name: each.metadata.get("skipped", "") for name, each in skipped.items()}
    assert "no interaction is left of 14" in reasons["strong_generalization"]
    assert "only 0 users" in reasons["leave_one_out"] and "validation" in reasons["leave_one_out"]
    assert "only 0 users" in reasons["user_holdout"]
    assert skipped["leave_one_out"].metadata["rows"] == 0
    assert make(project, "tiny", split_asset("leave_one_out"))[0].cached
    assert no_leak(project, "tiny", "leave_one_out").passed

    for paper in ("ncf", "mult_vae", "benchmark"):
        assert PAPERS[paper].protocol in feasibility.why_skipped(project, "tiny", paper)
        assert plausible_metrics(project, "tiny", paper).passed
    assert "several behaviours" in feasibility.why_skipped(project, "tiny", "multi_feedback")


def test_how_often_users_come_back_is_not_shown_of_ratings(home, prepare):
    project = prepare()
    study, request = PAPERS["cf_nade"].study("counts"), StudyRequest(project, "tiny", "cf_nade")
    assert skip_study(request, study) is None
    run_study(request, "counts")
    entry = home / "data" / "added" / "tiny.yaml"
    entry.write_text(yaml.safe_dump(yaml.safe_load(entry.read_text()) | {"value_kind": "rating"}))
    rated = replace(request, project=Project.open())
    assert "the data are ratings" in skip_study(rated, study)
    with project.published.reading() as connection:
        assert connection.execute("select count(*) from studies").fetchone() == (0,)
        assert ("tiny", "cf_nade/counts") not in recorded_keys(connection)
    told = {each.asset: each for each in project_status(Snapshot.open(), ["tiny"])[0].assets}
    assert told["cf_nade/counts"].state == "skipped"


def test_a_run_goes_on_without_what_is_skipped(project, home, caplog):
    chosen = ("mult_vae/slim", "mult_vae/evaluation", "comparison", "report")
    selection = '+key:"splits/strong_generalization" or ' + " or ".join(f'key:"{key}"' for key in chosen)
    summary = materialize(project.settings, "tiny", selection, caplog.handler)
    assert summary.success, summary.failures
    assert not (home / "models" / "trained").exists()
    assert (home / "data" / "reports" / "report.html").exists()
    with project.published.reading() as connection:
        assert connection.execute("select count(*) from metrics").fetchone() == (0,)
        ((where, reasons),) = read_skipped(connection).items()
    assert where == ("tiny", "mult_vae") and "no interaction is left" in reasons["mult_vae"]
    report = (home / "data" / "reports" / "report.html").read_text()
    assert "<dt>tiny: mult_vae</dt>" in report and "no interaction is left" in report


def test_enough_data_is_not_skipped():
    rng = np.random.default_rng(0)
    user, item = np.divmod(np.sort(rng.choice(60 * 40, 900, replace=False)), 40)
    data = Interactions(
        60, 40, user.astype(np.int32), item.astype(np.int32), np.ones(900, np.float32), None, {}
    )
    for protocol in PROTOCOLS.values():
        require_held_out(protocol.assign(data, ProtocolOptions()))
    few = user < 2
    lonely = Interactions(60, 40, data.user[few], data.item[few], data.strength[few], None, {})
    with pytest.raises(NotApplicable):
        require_held_out(PROTOCOLS["strong_generalization"].assign(lonely, ProtocolOptions()))


@pytest.fixture
def small_machine(monkeypatch):
    """A byte too little for EASE on `tiny`, while the body runs."""

    @contextmanager
    def small():
        with monkeypatch.context() as there:
            there.setattr(feasibility, "available_bytes", lambda: 3 * 4 * 40 * 40 - 1)
            yield

    return small


def skipped_by_a_run(home, *keys):
    """A run of some assets, and which of them it skipped."""
    display = RunDisplay(Console(file=io.StringIO()))
    selection = '+key:"splits/five_fold_cv" or ' + " or ".join(f'key:"{key}"' for key in keys)
    summary = materialize(Project.open().settings, "tiny", selection, display)
    assert summary.success, summary.failures
    return display.skipped


def test_a_model_is_skipped_by_the_machine_that_was_to_train_it(home, small_machine):
    with small_machine():
        assert skipped_by_a_run(home, "fawmf/ease", "fawmf/item_pop") == {"fawmf/ease"}
    project = Project.open()
    reason = feasibility.why_model_skipped(project, "tiny", "fawmf", "ease")
    assert "40 items" in reason and "min_item_interactions" in reason
    assert feasibility.not_skipped(project, "tiny", "fawmf", ["wmf", "ease"]) == ("wmf",)
    assert list(feasibility.skipped_assets(project, "tiny", ["fawmf"])) == ["fawmf/ease"]

    assert skipped_by_a_run(home, "fawmf/ease") == set()
    with small_machine():
        assert skipped_by_a_run(home, "fawmf/ease") == set()
        assert feasibility.skipped_assets(project, "tiny", ["fawmf"]) == {}
        assert "ease" in feasibility.not_skipped(project, "tiny", "fawmf", PAPERS["fawmf"].nodes)


def test_a_model_of_other_behaviours_is_skipped_where_the_data_have_one(project):
    assert feasibility.not_skipped(project, "tiny", "benchmark", ["wmf", "met"]) == ("wmf",)
    skipped = feasibility.publish_skipped(project, "tiny", "benchmark")
    assert skipped == {"benchmark/met": "it looks at other behaviours, and the data have one, buy"}
    assert feasibility.not_skipped(project, "demo", "benchmark", ["met"]) == ("met",)


def test_what_is_skipped_is_published_until_it_can_be_done(project):
    def published():
        with project.published.reading() as connection:
            return read_skipped(connection)

    assert feasibility.publish_skipped(project, "tiny", "fawmf") == {} and published() == {}
    feasibility.note_skipped(project, "tiny", "fawmf", "ease", "it needs more memory")
    found = feasibility.publish_skipped(project, "tiny", "fawmf")
    assert found == {"fawmf/ease": "it needs more memory"} and published() == {("tiny", "fawmf"): found}
    feasibility.note_skipped(project, "tiny", "fawmf", "ease", None)
    feasibility.publish_skipped(project, "tiny", "fawmf")
    assert published() == {}
