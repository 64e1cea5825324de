"""What went wrong lately, as Dagster's history has it."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from recdag.orchestration.instance import opened
from recdag.orchestration.internals import PARTITION_NAME_TAG, SerializableErrorInfo, StepFailureData
from recdag.settings import Settings

_RUNS_BACK = 10


def failures(settings: Settings, dataset: str) -> dict[str, str]:
    """Asset -> first line of why it could not be made on a data set, if it has not been made since.

    A failed check that stopped a run counts for its asset. Looks at the last runs that failed.
    """
    if not (settings.dagster_home / "dagster.yaml").exists():
        return {}
    failures: dict[str, tuple[float, str]] = {}
    with opened(settings.dagster_home) as instance:
        failed = dg.RunsFilter(tags={PARTITION_NAME_TAG: dataset}, statuses=[dg.DagsterRunStatus.FAILURE])
        for run in instance.get_runs(failed, limit=_RUNS_BACK):
            for asset, failure in _failed_in(instance, run.run_id):
                failures.setdefault(asset, failure)
        return {
            asset: message
            for asset, (when, message) in failures.items()
            if not _made_since(instance, asset, dataset, when)
        }


def _failed_in(instance: dg.DagsterInstance, run_id: str) -> Iterator[tuple[str, tuple[float, str]]]:
    """(asset, (when, message)) of what went wrong in a run."""
    kinds = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.ASSET_CHECK_EVALUATION}
    for record in instance.get_records_for_run(run_id, of_type=kinds).records:
        entry = record.event_log_entry
        event = entry.get_dagster_event()
        if event.is_step_failure:
            message = message_of(event.step_failure_data)
            yield (event.step_key or "").replace("__", "/"), (entry.timestamp, _summary_line(message))
        elif not (check := event.asset_check_evaluation_data).passed and check.blocking:
            message = f"check {check.check_name}: {_summary_line(check.description or '')}"
            yield check.asset_key.to_user_string(), (entry.timestamp, message)


def _made_since(instance: dg.DagsterInstance, asset: str, dataset: str, when: float) -> bool:
    made = dg.AssetRecordsFilter(
        asset_key=dg.AssetKey.from_user_string(asset), asset_partitions=[dataset], after_timestamp=when
    )
    return bool(instance.fetch_materializations(made, limit=1).records)


def message_of(data: StepFailureData) -> str:
    """What a person is to know of a step's failure."""
    if was_stopped(data):
        return "it was stopped; a run goes on from its last checkpoint"
    described = data.user_failure_data.description if data.user_failure_data else None
    return described or deepest(data.error).message.strip()


def was_stopped(data: StepFailureData) -> bool:
    """Whether a step ended because its run was stopped."""
    return interrupted(data.error)


def interrupted(error: SerializableErrorInfo | None) -> bool:
    """Whether an error goes back to Ctrl-C or a signal."""
    return deepest(error).cls_name in ("DagsterExecutionInterruptedError", "KeyboardInterrupt")


def deepest(error: SerializableErrorInfo | None) -> SerializableErrorInfo:
    """The error that a step's failure goes back to."""
    while error is not None and error.cause is not None:
        error = error.cause
    return error or SerializableErrorInfo("no reason was recorded", [], None)


def _summary_line(text: str) -> str:
    return next(iter(text.strip().splitlines()), "no reason was recorded")
