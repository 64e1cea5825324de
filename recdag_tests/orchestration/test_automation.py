"""What the automation conditions ask for, tick by tick, on a history that is made up."""

import sys

import dagster as dg
import pytest
import yaml

from recdag.orchestration.automation import automation
from recdag.orchestration.definitions import build_defs

MODELS = {"item_pop", "gmf", "mlp"}
TABLES = {"raw_files", "events", "interactions", "binarized", "splits/leave_one_out"}
MADE = {*TABLES, *(f"ncf/{model}" for model in MODELS)}
SHARED = {"comparison", "report"}


class Clock:
    """Evaluates the conditions of a few assets again and again."""

    def __init__(self):
        self.instance = dg.DagsterInstance.ephemeral()
        self.cursor = None
        self.defs = build_defs()

    def made(self, asset, version="1", partition="tiny"):
        key = dg.AssetKey.from_user_string(asset)
        code = self.defs.resolve_asset_graph().get(key).code_version
        tags = {"dagster/data_version": version} | ({"dagster/code_version": code} if code else {})
        self.instance.report_runless_asset_event(
            dg.AssetMaterialization(key, partition=None if asset in SHARED else partition, tags=tags)
        )

    def tick(self):
        result = dg.evaluate_automation_conditions(
            self.defs,
            self.instance,
            asset_selection=dg.AssetSelection.assets(*(k.split("/") for k in MADE | SHARED)),
            cursor=self.cursor,
        )
        self.cursor = result.cursor
        return {
            (each.key.to_user_string(), partition.partition_key)
            for each in result.results
            for partition in each.true_subset.expensively_compute_asset_partitions()
        }


@pytest.fixture
def clock(home):
    clock = Clock()
    for asset in MADE | SHARED:
        clock.made(asset)
    assert clock.tick() == set()
    assert clock.tick() == set()
    return clock


def of_tiny(*assets):
    return {(asset, "tiny") for asset in assets}


def test_new_raw_data_asks_for_all_that_hangs_on_it_in_that_data_set(clock):
    clock.made("raw_files", "2")
    assert clock.tick() == of_tiny(*MADE - {"raw_files"})


def test_a_rerun_with_the_same_outcome_asks_for_nothing(clock):
    clock.made("raw_files", "1")
    clock.made("splits/leave_one_out", "1")
    assert clock.tick() == set()


def test_a_changed_recipe_asks_for_that_model_where_it_was_made(clock, home):
    path = home / "models" / "recipes" / "ncf.yaml"
    recipe = yaml.safe_load(path.read_text())
    recipe["models"]["gmf"]["factors"]["value"] = 5
    recipe["models"]["mlp"]["factors"]["source"] = "ours: a better reason"
    path.write_text(yaml.safe_dump(recipe))
    clock.defs = build_defs()
    assert clock.tick() == of_tiny("ncf/gmf")
    assert clock.tick() == set()


def test_results_of_one_data_set_are_gathered_though_others_have_none(clock):
    clock.made("ncf/evaluation", "2")
    assert ("comparison", None) in clock.tick()


def test_an_evaluation_follows_the_models_that_are_there(home, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(sys.modules[__name__], "MADE", {*MADE, "ncf/evaluation"})
    for asset in {*TABLES, "ncf/gmf"}:
        clock.made(asset)
    assert ("ncf/evaluation", "tiny") not in clock.tick() | clock.tick()
    clock.made("ncf/gmf", "2")
    asked = clock.tick()
    assert ("ncf/evaluation", "tiny") in asked
    assert {partition for asset, partition in asked if asset == "ncf/evaluation"} == {"tiny"}


def test_automation_is_stopped_and_leaves_raw_files_and_large_studies_alone(home):
    graph = build_defs().resolve_asset_graph()
    assert automation.default_status is dg.DefaultSensorStatus.STOPPED
    conditions = {key: graph.get(key).automation_condition for key in graph.get_all_asset_keys()}
    left = {key for key, condition in conditions.items() if condition is None}
    large = {key for key in conditions if graph.get(key).tags.get("study") == "large"}
    assert left == large | {dg.AssetKey("raw_files")} and large
