"""Dagster's own home folder, with settings that suit one machine and one GPU."""

from pathlib import Path

import dagster as dg
import yaml
from dagster._core.instance.ref import InstanceRef

from recdag.settings import Settings

_SETTINGS = {
    "telemetry": {"enabled": False},
    "nux": {"enabled": False},
    # Runs that train wait in the queue for one another. Of a pool's other granularity, "op", a run asks
    # again after up to 15 s for every step, also for one that finds its model trained.
    "concurrency": {
        "pools": {"granularity": "run", "default_limit": 1},
        "runs": {"max_concurrent_runs": 2},
    },
    "run_monitoring": {"enabled": True, "poll_interval_seconds": 10},
    "python_logs": {"managed_python_loggers": ["recdag"]},
}
# What captures a step's output puts a file in the place of the terminal: the live display would see none.
_ON_A_TERMINAL = {
    "compute_logs": {
        "module": "dagster._core.storage.noop_compute_log_manager",
        "class": "NoOpComputeLogManager",
    }
}


def prepare_home(settings: Settings) -> Path:
    """Create the folder, and dagster.yaml where there is none, and return the folder."""
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    config = home / "dagster.yaml"
    if not config.exists():
        config.write_text(yaml.safe_dump(_SETTINGS))
    return home


def terminal_instance(home: Path) -> dg.DagsterInstance:
    """Dagster's history for a run in this process, whose output stays on the terminal."""
    return dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home), overrides=_ON_A_TERMINAL))
