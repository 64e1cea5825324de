"""The graph as Dagster sees it."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from recdag.evaluation.protocols import PROTOCOLS
from recdag.orchestration.automation import job_for, refresh
from recdag.orchestration.definitions import build_defs
from recdag.papers.catalogue import PAPERS
from recdag.recommenders.catalogue import MODELS
from recdag.studies.counts import Counts
from recdag.studies.grid import CellGrid
from recdag.studies.study import Sweep
from recdag.warehouse.schema import SCHEMA


@pytest.fixture(scope="module")
def graph():
    return build_defs().resolve_asset_graph()


def test_definitions_load():
    dg.Definitions.validate_loadable(build_defs())


def test_loading_imports_no_torch():
    heavy = "{'torch', 'matplotlib', 'optuna'}"
    check = f"import sys, recdag.definitions; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", check]).returncode == 0


def test_every_node_hangs_where_it_should(graph):
    parents = {
        key.to_user_string(): {parent.to_user_string() for parent in graph.get(key).parent_keys}
        for key in graph.get_all_asset_keys()
    }
    expected = {
        "raw_files": set(),
        "events": {"raw_files"},
        "interactions": {"events"},
        "binarized": {"interactions"},
        "relative_rating": {"binarized"},
        "comparison": {f"{paper}/evaluation" for paper in PAPERS},
        "report": {"comparison"},
        "recommendations": {"benchmark/evaluation"},
    }
    expected |= {f"splits/{protocol}": {"interactions", "binarized"} for protocol in PROTOCOLS}
    for paper in PAPERS.values():
        models = {f"{paper.id}/{model}" for model in paper.nodes}
        expected[f"{paper.id}/evaluation"] = models
        expected |= {model: {f"splits/{paper.protocol}"} for model in models}
        expected["comparison"] |= {f"{paper.id}/{study.id}" for study in paper.studies}
        expected |= {f"{paper.id}/{study.id}": needs_of(paper, study) for study in paper.studies}
    assert expected.items() <= parents.items()


def needs_of(paper, study):
    """What a study reads: nothing but a split where it trains, else what is measured or stored."""
    if isinstance(study, CellGrid):
        return {f"splits/{paper.protocol}"}
    return {"binarized", "relative_rating"} if isinstance(study, Counts) else {f"{paper.id}/evaluation"}


def test_models_are_grouped_by_paper_described_and_queue_for_the_gpu(graph):
    for paper in PAPERS.values():
        for model in paper.nodes:
            node = graph.get(dg.AssetKey([paper.id, model]))
            assert node.group_name == paper.id
            assert node.pools == {"gpu"}
            assert len(node.description) > 40
            assert "tiny" not in node.partitions_def.get_partition_keys()
            assert "demo" in node.partitions_def.get_partition_keys()


def test_studies_that_train_many_models_are_groups_of_their_own_and_say_how_many(graph):
    for paper in PAPERS.values():
        for study in paper.studies:
            node = graph.get(dg.AssetKey([paper.id, study.id]))
            assert node.group_name == (paper.id if study.quick else f"{paper.id}_studies")
            if isinstance(study, Sweep):
                assert f" {study.trainings('ml-100k')} models" in node.description
    assert "It trains 30 models (6 on demo)" in graph.get(dg.AssetKey(["ncf", "negatives"])).description


def test_the_plain_job_leaves_them_out_and_comes_first(graph):
    defs = build_defs()
    large = {
        key for key in graph.get_all_asset_keys() if (graph.get(key).group_name or "").endswith("_studies")
    }
    assert {"ncf_studies", "benchmark_studies"} <= {graph.get(key).group_name for key in large}
    plain = refresh.selection.resolve(graph)
    assert plain == graph.get_all_asset_keys() - large
    assert job_for(defs, list(plain)).name == "refresh" < job_for(defs, list(large)).name


def test_every_asset_says_what_it_is_and_where_its_code_is(graph):
    for key in graph.get_all_asset_keys():
        node, name = graph.get(key), key.to_user_string()
        sentences = re.findall(r"[.?!](?: |$)", node.description)
        assert len(sentences) >= 2 and len(node.description) > 100, name
        assert node.kinds and not node.owners, name
        links = node.metadata["dagster/code_references"].value.code_references
        assert len({each.label for each in links}) == len(links), name
        files = [each.file_path for each in links]
        assert files and all(Path(file).is_file() for file in files), name


def test_references_and_protocols_can_be_selected_by_tag(graph):
    selected = dg.AssetSelection.from_string('tag:"role"="reference" and group:"ncf"').resolve(graph)
    assert {key.path[-1] for key in selected} == set(PAPERS["ncf"].references)
    proposed = dg.AssetSelection.from_string('tag:"role"="proposed" and group:"ncf"').resolve(graph)
    assert {key.path[-1] for key in proposed} == set(PAPERS["ncf"].proposed)
    baselines = dg.AssetSelection.from_string('tag:"role"="baseline" and group:"ncf"').resolve(graph)
    assert dg.AssetKey(["ncf", "item_pop"]) in baselines
    chosen = dg.AssetSelection.from_string('tag:"protocol"="five_fold_cv"').resolve(graph)
    assert {key.path[0] for key in chosen} == {"fawmf"}


def test_assets_that_fill_a_published_table_name_it_with_its_columns(graph):
    tables = {
        "ncf/evaluation": "metrics",
        "ncf/layers": "studies",
        "comparison": "claims",
        "recommendations": "recommendations",
    }
    for asset, table in tables.items():
        metadata = graph.get(dg.AssetKey.from_user_string(asset)).metadata
        assert metadata["dagster/table_name"] == f"recdag.main.{table}"
        schema = metadata["dagster/column_schema"]
        assert {column.name: column.type for column in schema.columns} == SCHEMA[table]
        assert all(column.description for column in schema.columns)


def test_every_condition_has_a_name(graph):
    labels = {
        key.to_user_string(): condition.get_label()
        for key in graph.get_all_asset_keys()
        if (condition := graph.get(key).automation_condition) is not None
    }
    assert labels["ncf/gmf"] == "on changed data, code or recipe"
    assert labels["report"] == "on changed results of any data set, or changed code"
    assert all(labels.values()) and len(set(labels.values())) == 2


def test_the_kinds_of_a_model_are_what_it_learns_with(graph):
    kinds = {name: graph.get(dg.AssetKey(["benchmark", name])).kinds for name in PAPERS["benchmark"].nodes}
    assert kinds["item_pop"] == {"scipy"} and kinds["slim"] == {"numba"} and kinds["neumf"] == {"torch"}
    for name, found in kinds.items():
        module = importlib.util.find_spec(MODELS[name].module)
        text = Path(module.origin).read_text()
        assert "numba" not in text or "numba" in found, name
