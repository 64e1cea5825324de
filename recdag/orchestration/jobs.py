"""Jobs a person can launch."""

import dagster as dg

EVERYTHING = "everything"
LARGE_STUDIES = 'tag:"study"="large"'
"""Selects the studies that train many models; a run takes them in only when asked."""

download = dg.define_asset_job(
    "download",
    selection=dg.AssetSelection.assets("raw_files"),
    description="The files of one data set, downloaded where they are not at hand. A job of its own, so that "
    "a failed download is one failed asset and not all that a run was to make.",
)

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
