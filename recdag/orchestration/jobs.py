"""Jobs a person can launch."""

from collections.abc import Sequence

import dagster as dg

LARGE_STUDIES = 'tag:"study"="large"'
"""Selects the studies that train many models; a run takes them in only when asked."""
_LARGE = dg.AssetSelection.tag("study", "large")

download = dg.define_asset_job(
    "download",
    selection=dg.AssetSelection.assets("raw_files"),
    description="The files of one data set, downloaded where they are not at hand. A job of its own, so that "
    "a failed download is one failed asset and not all that a run was to make.",
)

refresh = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all() - _LARGE,
    description="What a plain `recdag run` makes for one data set: everything but the studies that train "
    "many models; only what changed is computed. What the nightly schedule and the sensor `new_data` launch.",
)

with_large_studies = dg.define_asset_job(
    "with_large_studies",
    selection=dg.AssetSelection.all(),
    description="The whole graph for one data set with the studies that train many models, hundreds in all: "
    "hours on a small data set, weeks on a large one. Ask for a single study instead, from its page.",
)


def job_for(defs: dg.Definitions, assets: Sequence[dg.AssetKey]) -> dg.JobDefinition:
    """The smallest of the jobs for one data set that can make some assets."""
    large = _LARGE.resolve(defs.resolve_asset_graph())
    return defs.resolve_job_def((refresh if large.isdisjoint(assets) else with_large_studies).name)
