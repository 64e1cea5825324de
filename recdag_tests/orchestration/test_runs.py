"""The whole graph on a small data set, twice, and again after a change."""

import logging
from dataclasses import replace

import dagster as dg
import duckdb
import pytest
import yaml
from dagster._core.storage.tags import REPOSITORY_LABEL_TAG

from recdag.errors import ConfigError
from recdag.graph.asset_status import SETTLED
from recdag.graph.overview import project_status
from recdag.graph.snapshot import Snapshot
from recdag.orchestration.instance import prepare_home
from recdag.orchestration.runs import materialize
from recdag.orchestration.selections import models_selection, selection_of
from recdag.papers.catalogue import PAPERS
from recdag.recommenders.catalogue import MODELS
from recdag.settings import Settings


class Computed(logging.Handler):
    """Collects the steps that did not find their output there already."""

    def __init__(self):
        super().__init__()
        self.steps = set()

    def emit(self, record):
        event = getattr(record, "dagster_event", None)
        if event is not None and event.event_type_value == "ASSET_MATERIALIZATION":
            materialization = event.step_materialization_data.materialization
            if not materialization.metadata["cached"].value:
                self.steps.add(event.asset_key.to_user_string())


LABEL = "__repository__@recdag.definitions"
QUICK = selection_of(None, studies=False)


def run(selection=QUICK, config=None):
    computed = Computed()
    summary = materialize(Settings.from_environment(), "tiny", selection, computed, config)
    return summary, computed.steps


def test_of_everything_only_what_changed_is_made_again(finished):
    home = finished
    with duckdb.connect(str(home / "data" / "recdag.duckdb"), read_only=True) as connection:
        measured = connection.execute(
            "select distinct paper, model from metrics where study is null"
        ).fetchall()
        assert set(measured) == {(p.id, m) for p in PAPERS.values() for m in p.nodes}
        assert connection.execute("select count(*) from claims").fetchone() == (317,)
        studied = connection.execute("select distinct paper, study from studies").fetchall()
        quick = {(p.id, s.id) for p in PAPERS.values() for s in p.studies if s.quick}
        assert set(studied) == quick
        keys = connection.execute("select distinct user_key from user_metrics").fetchall()
        assert {key for (key,) in keys} <= {f"u{n}" for n in range(60)}
    assert "<html" in (home / "data" / "reports" / "report.html").read_text()

    path = home / "models" / "recipes" / "ncf.yaml"
    recipe = yaml.safe_load(path.read_text())
    recipe["models"]["gmf"]["factors"]["value"] = 5
    path.write_text(yaml.safe_dump(recipe))
    assert due() == {"ncf/gmf", "ncf/evaluation", "comparison", "report"}  # no study shows gmf
    summary, computed = run()
    assert summary.success
    assert computed == {"ncf/gmf", "ncf/evaluation", "comparison", "report"}
    assert due() == set()


def due():
    """What `recdag status` says is not current."""
    found = project_status(Snapshot.open(), ["tiny"])
    return {each.asset for status in found for each in status.assets if each.state not in SETTLED}


def test_a_run_from_the_shell_is_shown_with_its_job(home):
    run('key:"raw_files"')
    with dg.DagsterInstance.from_config(str(home / "data" / "dagster_home")) as instance:
        of_the_job = dg.RunsFilter(job_name="refresh", tags={REPOSITORY_LABEL_TAG: LABEL})
        (found,) = instance.get_runs(of_the_job)
    assert found.is_success and found.remote_job_origin.job_name == "refresh"
    assert found.remote_job_origin.repository_origin.get_label() == LABEL


def test_another_seed_or_code_version_trains_that_model_alone(home, monkeypatch):
    selection = '+key:"ncf/gmf" or key:"ncf/item_pop"'
    assert run(selection)[1] >= {"ncf/gmf", "ncf/item_pop"}
    assert run(selection)[1] == set()
    assert run(selection, {"ncf/gmf": {"seed": 1}})[1] == {"ncf/gmf"}
    assert run(selection)[1] == {"ncf/gmf"}
    newer = replace(MODELS["gmf"], version="another")
    monkeypatch.setitem(MODELS, "gmf", newer)
    assert run(selection)[1] == {"ncf/gmf"}


def test_a_changed_raw_file_recomputes_what_hangs_on_it(with_cf_nade):
    selection = selection_of("cf_nade", studies=False)
    with (with_cf_nade / "data" / "raw" / "tiny" / "events.csv").open("a") as file:
        file.write("u0,i1,buy,1800000000\n")
    summary, computed = run(selection)
    assert summary.success
    assert {"raw_files", "events", "interactions", "binarized", "cf_nade/wmf"} <= computed | {"raw_files"}


def test_bad_data_stops_with_one_message_and_leaves_the_warehouse(with_cf_nade):
    home, selection = with_cf_nade, selection_of("cf_nade", studies=False)
    before = (home / "data" / "recdag.duckdb").read_bytes()
    raw = home / "data" / "raw" / "tiny" / "events.csv"
    raw.write_text(raw.read_text() + "u0,i1,buy,yesterday\n")
    summary, _ = run(selection)
    assert not summary.success
    (step, message), *_ = summary.failures
    assert step == "events"
    assert "events.csv" in message and "yesterday" in message
    assert (home / "data" / "recdag.duckdb").read_bytes() == before


def test_a_selection_that_names_nothing_is_refused(home):
    with pytest.raises(ConfigError, match="no asset is called"):
        run("key:nothing")


def materialized(home, asset):
    """The metadata of an asset's last materialization."""
    with dg.DagsterInstance.from_config(str(prepare_home(Settings.from_environment()))) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey.from_user_string(asset))
        return event.asset_materialization.metadata


def test_some_models_of_a_paper_are_trained_measured_and_shown_and_all_is_green(home):
    paper = PAPERS["mult_vae"]
    summary, computed = run(models_selection(paper, ["item_pop", "ease"]))
    assert summary.success, summary.failures
    assert {"mult_vae/item_pop", "mult_vae/ease", "mult_vae/evaluation", "mult_vae/activity"} <= computed
    assert materialized(home, "mult_vae/activity")["not_evaluated"].value == [
        "mult_vae_pr",
        "mult_dae",
        "wmf",
    ]
    shown = materialized(home, "mult_vae/evaluation")
    assert {"NDCG@100 item_pop", "NDCG@100 ease"} == {name for name in shown if "@" in name}
    assert materialized(home, "comparison")["higher"].value == 0
    lacking = materialized(home, "mult_vae/evaluation")["not_trained"].value
    assert lacking == [model for model in paper.nodes if model not in ("item_pop", "ease")]
    assert due() == set()
    assert run(models_selection(paper, ["ease", "item_pop"]))[1] == set()
    more, computed = run(models_selection(paper, ["slim"]))
    assert more.success and {"mult_vae/slim", "mult_vae/evaluation", "mult_vae/comparison"} <= computed


def test_what_a_person_selects_in_the_launchpad_needs_no_other_models(home):
    """A whole paper without most of its models: nothing is red, and what has nothing to show says so."""
    kept = "(+benchmark/item_pop or benchmark/evaluation or recommendations or benchmark/activity)"
    summary, _ = run(kept)
    assert summary.success, summary.failures
    assert "benchmark/ease has not been trained" in materialized(home, "recommendations")["skipped"].value
    summary, _ = run("+ncf/gmf or ncf/evaluation or ncf/top_k")
    assert summary.success, summary.failures
    told = materialized(home, "ncf/gmf")
    assert 0 < told["validation"].value <= 1 and told["epoch"].value in (1, 2)
    assert "none of its models" in materialized(home, "ncf/top_k")["skipped"].value
