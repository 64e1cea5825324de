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
