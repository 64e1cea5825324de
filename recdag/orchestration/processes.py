"""Whether the process that works on a run is still there.

Dagster notices a run worker that was killed only as long as the server that started it lives: after a
power cut nobody does.
"""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg

_CLOCKS_DIFFER_SECONDS = 2.0


def is_abandoned(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether a run has told of the process that works on it, and that one has gone."""
    told = instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.ENGINE_EVENT).records
    for record in reversed(told):
        event = record.event_log_entry.get_dagster_event()
        pid = event.engine_event_data.metadata.get("pid")
        if pid is not None:
            return not _is_alive(int(str(pid.value)), record.event_log_entry.timestamp)
    return False


def _is_alive(pid: int, seen_at: float) -> bool:
    """Whether the process that had this number at that time is there; numbers are given out again."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    started_at = _started_at(pid)
    return started_at is None or started_at <= seen_at + _CLOCKS_DIFFER_SECONDS


def _started_at(pid: int) -> float | None:
    """Seconds since 1970, None where the system does not tell or the process is but a remnant."""
    status, clock = Path(f"/proc/{pid}/stat"), Path("/proc/stat")
    try:
        ticks = int(status.read_text().rpartition(")")[2].split()[19])
        booted = next(line for line in clock.read_text().splitlines() if line.startswith("btime"))
    except FileNotFoundError:
        return None
    return int(booted.split()[1]) + ticks / os.sysconf("SC_CLK_TCK")
