"""Jobs a person can launch."""

import dagster as dg

EVERYTHING = "everything"
LARGE_STUDIES = 'tag:"study"="large"'
"""Selects the studies that train many models; a run takes them in only when asked."""

everything = dg.define_asset_job(
    EVERYTHING,
    selection=dg.AssetSelection.all(),
    description="The whole graph for one data set; only what changed is computed.",
)

refresh = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all() - dg.AssetSelection.tag("study", "large"),
    description="What a plain `recdag run` makes for one data set: everything but the studies that train "
    "many models. What the nightly schedule and the sensor `new_data` launch.",
)
