"""Runs by what happens; stopped until a person starts them."""

import json
from dataclasses import asdict

import dagster as dg

from recdag.errors import DataError
from recdag.orchestration.jobs import refresh
from recdag.orchestration.resources import ProjectResource
from recdag.pipeline.watching import Sighting, data_at_hand


@dg.sensor(
    job=refresh,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="A run for each data set whose files or catalogue entry are new or changed since the "
    "sensor was started, once they have stayed the same for a minute.",
)
def new_data(context: dg.SensorEvaluationContext, project: ProjectResource) -> dg.SensorResult:
    """One run a data set with news."""
    opened = project.open()
    try:
        now = data_at_hand(opened.settings)
    except DataError as error:
        return dg.SensorResult(skip_reason=str(error))
    unknown = [name for name in now if name not in opened.workable]
    known = {name: state for name, state in now.items() if name not in unknown}
    if context.cursor is None:
        return _result([], Sighting(known, known), unknown)
    return _result(*Sighting(**json.loads(context.cursor)).look(known), unknown)


def _result(news: list[str], sighting: Sighting, unknown: list[str]) -> dg.SensorResult:
    requests = [
        dg.RunRequest(run_key=f"{name} {sighting.handled[name]}", partition_key=name) for name in news
    ]
    skipped = f"Reload definitions to make known: {', '.join(unknown)}" if unknown else "No news."
    return dg.SensorResult(
        run_requests=requests,
        skip_reason=None if requests else skipped,
        cursor=json.dumps(asdict(sighting)),
    )
