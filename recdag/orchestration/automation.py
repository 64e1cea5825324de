"""What runs by itself, and the jobs that it launches; stopped until a person starts it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import dagster as dg

from recdag.graph.file_watcher import FileWatcher, data_at_hand
from recdag.graph.step import Step
from recdag.orchestration.resources import ProjectResource

LARGE_STUDIES = 'tag:"study"="large"'
"""Selects the studies that train many models; a run takes them in only when asked."""
_LARGE = dg.AssetSelection.tag("study", "large")

_NEWS: dg.AutomationCondition[Any] = dg.AutomationCondition.eager().replace(
    "newly_updated", dg.AutomationCondition.data_version_changed()
)
"""Something that the asset needs came out different; a rerun that gave the same does not count."""

_EDITED: dg.AutomationCondition[Any] = dg.AutomationCondition.code_version_changed()

_CHANGED: dg.AutomationCondition[Any] = (
    _EDITED.since_last_handled()
    & ~dg.AutomationCondition.missing()
    & ~dg.AutomationCondition.in_progress()
    & ~dg.AutomationCondition.any_deps_in_progress()
)
"""Code or recipe changed of what there is."""

CURRENT: dg.AutomationCondition[Any] = (_NEWS | _CHANGED).with_label("on changed data, code or recipe")
"""For what is made a data set."""

OF_SOME: dg.AutomationCondition[Any] = CURRENT.replace(
    "any_deps_missing", dg.AutomationCondition.all_deps_match(dg.AutomationCondition.missing())
)
"""The same for what is made of those of its needs that are there: an evaluation, of the models trained."""

GATHERED: dg.AutomationCondition[Any] = (
    dg.AutomationCondition.eager()
    .without(~dg.AutomationCondition.any_deps_missing())
    .replace("newly_updated", dg.AutomationCondition.data_version_changed())
    | _CHANGED
).with_label("on changed results of any data set, or changed code")
"""For what is made of all data sets, most of which are never there."""


def condition(step: Step) -> dg.AutomationCondition[Any] | None:
    """When Dagster may request an asset by itself.

    Raw files have none: the sensor `new_data` watches them. Studies that train many models have none:
    they run when a person asks for them.
    """
    if not step.needs or step.large:
        return None
    if step.shared:
        return GATHERED
    return OF_SOME if step.some else CURRENT


automation = dg.AutomationConditionSensorDefinition(
    "automation",
    target=dg.AssetSelection.all(),
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="Materializes what an automation condition asks for: what needs changed data, and what has "
    "changed code or a changed recipe.",
)

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
    notes = [f"Reload definitions to make known: {', '.join(unknown)}"] if unknown else []
    notes += [str(error) for error in catalogue.damaged.values()]
    if context.cursor is None:
        return _sensed([], FileWatcher(known, known), notes)
    return _sensed(*FileWatcher(**json.loads(context.cursor)).poll(known), notes)


def _sensed(news: list[str], watcher: FileWatcher, notes: list[str]) -> dg.SensorResult:
    requests = [dg.RunRequest(run_key=f"{name} {watcher.handled[name]}", partition_key=name) for name in news]
    return dg.SensorResult(
        run_requests=requests,
        skip_reason=None if requests else "; ".join(notes) or "No news.",
        cursor=json.dumps(asdict(watcher)),
    )
