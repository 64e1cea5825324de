"""What of Dagster is not promised to stay: with another version, this is the file to look into."""

from importlib import import_module

from dagster._check import CheckError
from dagster._core.definitions.assets.graph.base_asset_graph import BaseAssetGraph
from dagster._core.definitions.repository_definition import SINGLETON_REPOSITORY_NAME
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.execution.plan.objects import StepFailureData
from dagster._core.instance.ref import InstanceRef
from dagster._core.remote_origin import RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._core.storage.dagster_run import IN_PROGRESS_RUN_STATUSES
from dagster._core.storage.tags import GRPC_INFO_TAG, PARTITION_NAME_TAG, REPOSITORY_LABEL_TAG
from dagster._core.utils import make_new_run_id
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import ModuleTarget, WorkspaceFileTarget
from dagster_shared.error import SerializableErrorInfo

__all__ = [
    "GRPC_INFO_TAG",
    "IN_PROGRESS_RUN_STATUSES",
    "NO_COMPUTE_LOGS",
    "PARTITION_NAME_TAG",
    "REPOSITORY_LABEL_TAG",
    "SINGLETON_REPOSITORY_NAME",
    "BaseAssetGraph",
    "CheckError",
    "DagsterUserCodeUnreachableError",
    "InstanceRef",
    "ModuleTarget",
    "RemoteJobOrigin",
    "RemoteRepositoryOrigin",
    "SerializableErrorInfo",
    "StepFailureData",
    "WorkspaceFileTarget",
    "WorkspaceProcessContext",
    "load_what_steps_need",
    "make_new_run_id",
]

NO_COMPUTE_LOGS = {
    "module": "dagster._core.storage.noop_compute_log_manager",
    "class": "NoOpComputeLogManager",
}

_LOADED_BY_A_STEP = (
    "dagster._core.storage.event_log.sqlite.sqlite_event_log",
    "dagster._core.storage.local_compute_log_manager",
    "dagster._core.storage.root",
    "dagster._core.storage.runs.sqlite.sqlite_run_storage",
    "dagster._core.storage.schedules.sqlite.sqlite_schedule_storage",
    "dagster._core.storage.sqlite_storage",
    "dagster._utils.test",
    "pyarrow.pandas_compat",
    "upath",
)


def load_what_steps_need() -> None:
    """Import what Dagster imports before the body of a step begins."""
    for name in _LOADED_BY_A_STEP:
        import_module(name)
