"""What the process of every step needs, loaded once a run.

The multiprocess executor forks steps from a server that has imported this module. Everything that a
step would otherwise load or resolve by itself, before its body begins, belongs here.
"""

import gc

import dagster._core.storage.event_log.sqlite.sqlite_event_log
import dagster._core.storage.local_compute_log_manager
import dagster._core.storage.root
import dagster._core.storage.runs.sqlite.sqlite_run_storage
import dagster._core.storage.schedules.sqlite.sqlite_schedule_storage
import dagster._core.storage.sqlite_storage
import dagster._utils.test  # noqa: F401
import pyarrow.pandas_compat  # noqa: F401
import upath  # noqa: F401

from recdag.definitions import defs

defs.get_repository_def().get_all_jobs()

# What is loaded here never becomes garbage: without this, each step looks through all of it for some.
gc.freeze()
