"""The graph: all assets, checks, jobs, schedules, sensors and resources."""

import dagster as dg

from recdag.orchestration.assets.data import data_assets
from recdag.orchestration.assets.models import model_assets
from recdag.orchestration.assets.recommendations import recommendations_asset
from recdag.orchestration.assets.results import comparison, evaluation_assets, report_asset
from recdag.orchestration.assets.splits import split_assets
from recdag.orchestration.assets.studies import study_assets
from recdag.orchestration.automation import automated, automation
from recdag.orchestration.checks import asset_checks
from recdag.orchestration.jobs import download, refresh, with_large_studies
from recdag.orchestration.logging import display_logger
from recdag.orchestration.resources import ProjectResource, open_project
from recdag.orchestration.schedules import nightly
from recdag.orchestration.sensors import new_data

EXECUTOR = dg.multiprocess_executor.configured(
    {
        "max_concurrent": 2,
        "start_method": {"forkserver": {"preload_modules": ["torch", "recdag.worker"]}},
    }
)


def build_defs() -> dg.Definitions:
    """The definitions, with a partition for each data set that can be worked on."""
    project = open_project()
    partitions = dg.StaticPartitionsDefinition(list(project.workable))
    return dg.Definitions(
        assets=automated(
            [
                *data_assets(partitions, project.catalogue.damaged),
                *split_assets(partitions),
                *model_assets(partitions),
                *evaluation_assets(partitions),
                *study_assets(partitions),
                recommendations_asset(partitions),
                comparison,
                report_asset(),
            ]
        ),
        asset_checks=asset_checks(partitions),
        jobs=[download, refresh, with_large_studies],
        schedules=[nightly],
        sensors=[new_data, automation],
        resources={"project": ProjectResource()},
        loggers={"display": display_logger},
        executor=EXECUTOR,
    )
