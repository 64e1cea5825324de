"""Jobs a person can launch."""

import dagster as dg

EVERYTHING = "everything"

everything = dg.define_asset_job(
    EVERYTHING,
    selection=dg.AssetSelection.all(),
    description="The whole graph for one data set; only what changed is computed.",
)
