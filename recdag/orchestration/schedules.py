"""Runs by the clock; stopped until a person starts them."""

from collections.abc import Iterator

import dagster as dg

from recdag.graph.watching import data_at_hand
from recdag.orchestration.jobs import refresh
from recdag.orchestration.resources import ProjectResource


@dg.schedule(
    job=refresh,
    cron_schedule="0 3 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Every night a run for each data set that has its data at hand. Only what changed is "
    "computed, so that a night without news costs a minute and trains nothing.",
)
def nightly(context: dg.ScheduleEvaluationContext, project: ProjectResource) -> Iterator[dg.RunRequest]:
    """One run a data set."""
    opened = project.open()
    night = context.scheduled_execution_time.strftime("%Y-%m-%d")
    for name in data_at_hand(opened.settings, opened.read_catalogue()):
        if name in opened.workable:
            yield dg.RunRequest(run_key=f"{name} {night}", partition_key=name)
