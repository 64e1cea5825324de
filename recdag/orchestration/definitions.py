"""The graph as Dagster loads it: all assets, checks, jobs, schedules, sensors and resources."""

from __future__ import annotations

import warnings

import dagster as dg

from recdag.graph.assets import graph
from recdag.graph.project import Project
from recdag.orchestration.assets import asset, asset_checks
from recdag.orchestration.automation import (
    automation,
    download,
    new_data,
    nightly,
    refresh,
    with_large_studies,
)
from recdag.orchestration.event_logger import display_logger
from recdag.orchestration.resources import ProjectResource
from recdag.orchestration.users import users_definitions

EXECUTOR = dg.multiprocess_executor.configured(
    {
        "max_concurrent": 2,
        "start_method": {"forkserver": {"preload_modules": ["torch", "recdag.worker"]}},
    }
)


def build_defs(project: Project | None = None) -> dg.Definitions:
    """The definitions, with a partition for each data set that can be worked on, and the user's own.

    Args:
        project: that of the environment by default.

    Raises:
        ConfigError: a file of the user's own definitions cannot be loaded.
    """
    project = project or Project.open()
    partitions = dg.StaticPartitionsDefinition(list(project.workable))
    steps = graph(project).values()
    with warnings.catch_warnings():
        # Dagster calls partitioned checks a preview and code references a beta; its version is pinned.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        warnings.simplefilter("ignore", dg.BetaWarning)
        ours = dg.Definitions(
            assets=[asset(step, project, partitions) for step in steps],
            asset_checks=[each for step in steps for each in asset_checks(step, partitions)],
            jobs=[download, refresh, with_large_studies],
            schedules=[nightly],
            sensors=[new_data, automation],
            resources={"project": ProjectResource.of(project)},
            loggers={"display": display_logger},
            executor=EXECUTOR,
        )
    own = users_definitions(project.settings.home / "defs")
    return dg.Definitions.merge(ours, own) if own else ours
