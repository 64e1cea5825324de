"""What the pages of assets show after a run, beside what the definitions say."""

import logging

import dagster as dg
import pytest

from recdag.orchestration.instance import prepare_home
from recdag.orchestration.runs import materialize
from recdag.papers.claims import load_claims
from recdag.settings import Settings

SELECTION = '+key:"cf_nade/counts" or key:"splits/holdout_10pct" or key:"comparison"'


@pytest.fixture
def shown(home):
    settings = Settings.from_environment()
    assert materialize(settings, "tiny", SELECTION, logging.NullHandler()).success
    with dg.DagsterInstance.from_config(str(prepare_home(settings))) as instance:
        yield {
            key.to_user_string(): instance.get_latest_materialization_event(
                key
            ).asset_materialization.metadata
            for key in instance.get_asset_keys()
        }


def _sources(metadata, column):
    dependencies = metadata["dagster/column_lineage"].value.deps_by_column[column]
    return {(each.asset_key.to_user_string(), each.column_name) for each in dependencies}


def test_tables_show_pictures_rows_and_where_columns_come_from(shown):
    for asset, picture in (("interactions", "counts"), ("binarized", "spread")):
        assert "](data:image/png;base64," in shown[asset][picture].value
    assert shown["binarized"]["dagster/row_count"].value == 660
    assert _sources(shown["binarized"], "strength") == {("interactions", "value"), ("interactions", "count")}
    assert _sources(shown["splits/holdout_10pct"], "user_id") == {("binarized", "user_id")}

    counts = shown["cf_nade/counts"]
    assert counts["result"].value.startswith("share by count\n\n| series | 1 |")
    assert counts["dagster/row_count"].value > 0
    assert ("relative_rating", "relative_rating") in _sources(counts, "value")

    comparison = shown["comparison"]
    assert comparison["dagster/row_count"].value == len(load_claims())
    assert ("ncf/evaluation", "value") in _sources(comparison, "reproduced")
