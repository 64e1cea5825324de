"""Runs by what happens; stopped until a person starts them."""

import json
from dataclasses import asdict

import dagster as dg

from recdag.graph.watching import Sighting, data_at_hand
from recdag.orchestration.jobs import refresh
from recdag.orchestration.resources import ProjectResource


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
    catalogue = opened.read_catalogue()
    now = data_at_hand(opened.settings, catalogue)
    unknown = [name for name in now if name not in opened.workable]
    known = {name: state for name, state in now.items() if name not in unknown}
    told = [f"Reload definitions to make known: {', '.join(unknown)}"] if unknown else []
    told += [str(error) for error in catalogue.damaged.values()]
    if context.cursor is None:
        return _result([], Sighting(known, known), told)
    return _result(*Sighting(**json.loads(context.cursor)).look(known), told)


def _result(news: list[str], sighting: Sighting, told: list[str]) -> dg.SensorResult:
    requests = [
        dg.RunRequest(run_key=f"{name} {sighting.handled[name]}", partition_key=name) for name in news
    ]
    return dg.SensorResult(
        run_requests=requests,
        skip_reason=None if requests else "; ".join(told) or "No news.",
        cursor=json.dumps(asdict(sighting)),
    )
