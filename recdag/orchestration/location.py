"""Where Dagster loads the definitions from, and the name it knows that place by."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from recdag.orchestration.internals import (
    REPOSITORY_LABEL_TAG,
    SINGLETON_REPOSITORY_NAME,
    ModuleTarget,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)

LOCATION = ModuleTarget("recdag.definitions", None, str(Path.cwd()), None)
"""The same as `-m recdag.definitions` is for Dagster's own commands."""

_REPOSITORY = RemoteRepositoryOrigin(LOCATION.create_origins()[0], SINGLETON_REPOSITORY_NAME)

OF_THE_LOCATION = {REPOSITORY_LABEL_TAG: _REPOSITORY.get_label()}
"""What a run carries that the web UI is to show with its job."""


@contextmanager
def shown_in_timeline(instance: dg.DagsterInstance, run_id: str) -> Iterator[None]:
    """Record of a run, once it has ended, where its job is defined; Dagster does so where it launches one."""
    try:
        yield
    finally:
        if run := instance.get_run_by_id(run_id):
            instance.run_storage.replace_job_origin(run, RemoteJobOrigin(_REPOSITORY, run.job_name))
