"""Materializing in this process, with a display: what `recdag run` does."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from recdag.errors import ConfigError
from recdag.orchestration.graph import build_defs
from recdag.orchestration.history import deepest, message_of, was_stopped
from recdag.orchestration.instance import prepare_home, terminal_instance
from recdag.orchestration.jobs import EVERYTHING, LARGE_STUDIES
from recdag.orchestration.logging import attach_display
from recdag.orchestration.turns import FROM_SHELL, my_turn
from recdag.settings import Settings

# Dagster calls parts of its selection language a beta; its version is pinned.
warnings.filterwarnings("ignore", category=dg.BetaWarning)


@dataclass(frozen=True)
class RunSummary:
    """How a run ended.

    Attributes:
        failures: (step or check, message) of what went wrong.
    """

    success: bool
    steps: int
    failures: Sequence[tuple[str, str]]


def selection_of(paper: str | None, studies: bool) -> str:
    """Everything that the results of one paper or of all need, its studies, and the report on them.

    Args:
        studies: take in those that train many models.
    """
    chosen = f'+group:"{paper}" or key:"comparison" or key:"report"' if paper else "*"
    return chosen if studies else f"({chosen}) and not {LARGE_STUDIES}"


def study_selection(paper: str, study: str) -> str:
    """One study with all that it needs, and the report on it."""
    return f'+key:"{paper}/{study}" or key:"comparison" or key:"report"'


def materialize(
    settings: Settings,
    dataset: str,
    selection: str,
    display: logging.Handler,
    config: Mapping[str, Mapping[str, Any]] | None = None,
    tell: Callable[[str], None] = print,
    expect: Callable[[int], None] = lambda assets: None,
) -> RunSummary:
    """Materialize the selected assets of one data set, one after the other.

    Args:
        selection: in Dagster's selection language.
        display: is handed every event of the run as it happens.
        config: asset -> its launch configuration.
        tell: is told what the run waits for before it begins.
        expect: is told how many assets there are.

    Raises:
        ConfigError: the selection names nothing.
        KeyboardInterrupt: the run was stopped from the keyboard.
    """
    defs = build_defs()
    job = defs.resolve_job_def(EVERYTHING)
    graph = defs.resolve_asset_graph()
    try:
        chosen = dg.AssetSelection.from_string(selection).resolve(graph)
    except (dg.DagsterError, ValueError) as error:
        raise ConfigError(f"the selection {selection!r} cannot be read", cure=str(error)) from error
    if not chosen:
        raise ConfigError(
            f"the selection {selection!r} names no asset",
            cure="See the names with: dagster asset list -m recdag.definitions",
        )
    expect(len(chosen))
    attach_display(display)
    home = prepare_home(settings)
    with terminal_instance(home) as instance, my_turn(instance, home, tell):
        result = job.execute_in_process(
            instance=instance,
            partition_key=dataset,
            asset_selection=sorted(chosen),
            run_config={
                "loggers": {"display": {}},
                "ops": {
                    asset.replace("/", "__"): {"config": dict(values)}
                    for asset, values in (config or {}).items()
                },
            },
            tags=FROM_SHELL,
            raise_on_error=False,
        )
    failed = {
        event.step_key or "": event.step_failure_data for event in result.all_events if event.is_step_failure
    }
    if any(map(was_stopped, failed.values())):
        raise KeyboardInterrupt
    # A step fails with its blocking checks as well, which have their own messages below.
    failures = [
        (step, message_of(data))
        for step, data in failed.items()
        if deepest(data.error).cls_name != "DagsterAssetCheckFailedError"
    ]
    failures += [
        (
            f"check {evaluation.check_name} of {evaluation.asset_key.to_user_string()}",
            evaluation.description or "",
        )
        for evaluation in result.get_asset_check_evaluations()
        if not evaluation.passed
    ]
    return RunSummary(result.success, len(chosen), failures)
