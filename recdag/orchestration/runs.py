"""Materializing in this process, with a display: what `recdag run` does."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from recdag.datasets.file_search import to_be_placed
from recdag.graph.project import Project
from recdag.orchestration.automation import job_for
from recdag.orchestration.definitions import build_defs
from recdag.orchestration.event_logger import attach_display, without_echo
from recdag.orchestration.history import deepest, message_of
from recdag.orchestration.instance import ON_A_TERMINAL, opened, prepare_home
from recdag.orchestration.location import shown_in_timeline
from recdag.orchestration.run_lock import run_lock, shell_tags
from recdag.orchestration.selections import resolve
from recdag.orchestration.stopping import Cancelling, cancelled_when_stopped, raise_if_stopped
from recdag.settings import Settings

_RAW_FILES = dg.AssetKey("raw_files")
_READ_FILES = {_RAW_FILES, dg.AssetKey("events")}


@dataclass(frozen=True)
class RunSummary:
    """How a run ended.

    Attributes:
        assets: those that were asked for.
        failures: (step or check, message) of what went wrong.
    """

    success: bool
    assets: frozenset[str]
    failures: Sequence[tuple[str, str]]


def materialize(
    settings: Settings,
    dataset: str,
    selection: str,
    display: logging.Handler,
    config: Mapping[str, Mapping[str, Any]] | None = None,
    notify: Callable[[str], None] = print,
    expect: Callable[[int], None] = lambda assets: None,
) -> RunSummary:
    """Materialize the selected assets of one data set, one after the other.

    Files that are not at hand are downloaded in a run of their own: Dagster shows all that a failed run
    was to make as failed.

    Args:
        selection: in Dagster's selection language, where a bare name stands for `key:"name"`.
        display: is handed every event of the run as it happens.
        config: asset -> its launch configuration.
        notify: hears what the run waits for before it begins.
        expect: is told how many assets there are.

    Raises:
        ConfigError: the selection cannot be read, or names nothing or what does not exist.
        DataError: the files of the data set have to be placed by hand.
        KeyboardInterrupt: the run was stopped.
    """
    project = Project(settings)
    defs = build_defs(project)
    chosen = resolve(selection, defs.resolve_asset_graph())
    _check_files(project, dataset, chosen)
    expect(len(chosen))
    home = prepare_home(settings)
    with opened(home, ON_A_TERMINAL) as instance, run_lock(instance, home, notify):
        attach_display(display, Cancelling(instance))
        for part in _parts(project, dataset, chosen):
            result = _execute(instance, job_for(defs, part), dataset, part, config or {}, shell_tags(home))
            if not result.success:
                break
    asked = frozenset(asset.to_user_string() for asset in chosen)
    return RunSummary(result.success, asked, _failures(result))


def _check_files(project: Project, dataset: str, chosen: Sequence[dg.AssetKey]) -> None:
    """Before a run is created.

    Raises:
        DataError: the run needs files that only a person can get.
    """
    away = not project.at_hand(dataset) and not project.dataset(dataset).download
    if away and (dataset not in project.workable or not _READ_FILES.isdisjoint(chosen)):
        raise to_be_placed(project.dataset(dataset), project.settings.data / "raw")


def _parts(project: Project, dataset: str, chosen: Sequence[dg.AssetKey]) -> Iterator[Sequence[dg.AssetKey]]:
    """What is made in one run."""
    if _RAW_FILES not in chosen or project.at_hand(dataset):
        yield chosen
        return
    yield [_RAW_FILES]
    if rest := [asset for asset in chosen if asset != _RAW_FILES]:
        yield rest


def _execute(
    instance: dg.DagsterInstance,
    job: dg.JobDefinition,
    dataset: str,
    assets: Sequence[dg.AssetKey],
    config: Mapping[str, Mapping[str, Any]],
    tags: Mapping[str, str],
) -> dg.ExecuteInProcessResult:
    """One run; one that was stopped stands in the history as canceled.

    Raises:
        KeyboardInterrupt: it was stopped.
    """
    names = {asset.to_user_string() for asset in assets}
    with (
        without_echo(),
        cancelled_when_stopped(instance) as run_id,
        shown_in_timeline(instance, run_id),
    ):
        result = job.execute_in_process(
            instance=instance,
            run_id=run_id,
            partition_key=dataset,
            asset_selection=list(assets),
            run_config={
                "loggers": {"display": {}},
                "ops": {
                    asset.replace("/", "__"): {"config": dict(values)}
                    for asset, values in config.items()
                    if asset in names
                },
            },
            tags=tags,
            raise_on_error=False,
        )
        raise_if_stopped(result)
    return result


def _failures(result: dg.ExecuteInProcessResult) -> list[tuple[str, str]]:
    """(step or check, message) of what went wrong."""
    failed = {
        event.step_key or "": event.step_failure_data for event in result.all_events if event.is_step_failure
    }
    # A step fails with its blocking checks as well, which have their own messages below.
    failures = [
        (step, message_of(data))
        for step, data in failed.items()
        if deepest(data.error).cls_name != "DagsterAssetCheckFailedError"
    ]
    return failures + [
        (
            f"check {evaluation.check_name} of {evaluation.asset_key.to_user_string()}",
            evaluation.description or "",
        )
        for evaluation in result.get_asset_check_evaluations()
        if not evaluation.passed
    ]
