"""Where the process that works on a run lives, and whether it is still there.

Dagster notices a run worker that was killed only as long as the server that started it lives: after a
power cut nobody does. Another machine or container that shares the history cannot tell, and has to leave
the run alone.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

_CLOCKS_DIFFER_SECONDS = 2.0
_TAG = "recdag/"


@dataclass(frozen=True)
class Place:
    """A system in which process numbers mean something.

    Attributes:
        host: name of the machine.
        boot: differs after each start of the machine.
        processes: the set of processes that see one another; a container has its own.
    """

    host: str
    boot: str
    processes: str

    @classmethod
    def here(cls) -> Place:
        """That of this process."""
        boot, processes = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
        return cls(
            host=platform.node(),
            boot=boot.read_text().strip() if boot.exists() else platform.node(),
            processes=str(processes.readlink()) if processes.is_symlink() else "all",
        )

    @classmethod
    def of(cls, run: dg.DagsterRun) -> Place | None:
        """That of the process that works on a run; None where it has not told."""
        tags = [run.tags.get(_TAG + name) for name in ("host", "boot", "processes")]
        return cls(*map(str, tags)) if all(tags) else None

    def tags(self) -> Mapping[str, str]:
        """What a run carries of it."""
        return {_TAG + name: value for name, value in vars(self).items()}


def tell_place(instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    """Let a run carry the place of this process, once."""
    current = instance.get_run_by_id(run.run_id)
    if current is not None and Place.of(current) is None:
        instance.add_run_tags(run.run_id, Place.here().tags())


def worker_has_gone(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether a run of this place has told of the process that works on it, and that one has gone."""
    records = instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.ENGINE_EVENT).records
    for record in reversed(records):
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
