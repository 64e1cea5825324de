"""How much memory there is, and the peak of a part of the work."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from pathlib import Path

_MACHINE = Path("/proc/meminfo")
_GROUPS = Path("/sys/fs/cgroup")
_CONTAINER = (
    (_GROUPS / "memory.max", _GROUPS / "memory.current", _GROUPS / "memory.stat", "inactive_file"),
    (
        _GROUPS / "memory/memory.limit_in_bytes",
        _GROUPS / "memory/memory.usage_in_bytes",
        _GROUPS / "memory/memory.stat",
        "total_inactive_file",
    ),
)
"""Files of the two versions of control groups: limit, use, statistics and the name of one of these."""


class PeakMemory:
    """Measures from its creation on; on Linux the kernel's high-water mark is reset first."""

    def __init__(self, device: str) -> None:
        self._on_gpu = device.startswith("cuda")
        if self._on_gpu:
            import torch

            torch.cuda.reset_peak_memory_stats()
        reset = Path("/proc/self/clear_refs")
        if reset.exists():
            reset.write_text("5")

    def megabytes(self) -> float:
        """Peak of the GPU's allocations on a GPU, else of the process."""
        if self._on_gpu:
            import torch

            return torch.cuda.max_memory_allocated() / 2**20
        status = Path("/proc/self/status")
        if status.exists():
            for line in status.read_text().splitlines():
                if line.startswith("VmHWM"):
                    return int(line.split()[1]) / 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def available_bytes() -> int:
    """What a program could take at present, of the machine or of the container where that has less."""
    return min([_free_of_machine(), *_free_of_container()])


def _free_of_machine() -> int:
    if _MACHINE.exists():
        for line in _MACHINE.read_text().splitlines():
            if line.startswith("MemAvailable"):
                return int(line.split()[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _free_of_container() -> Iterator[int]:
    """Limit less what is used; pages of files that the kernel would give back count as free."""
    for limit, used, statistics, given_back in _CONTAINER:
        if limit.exists() and used.exists() and (most := limit.read_text().strip()).isdigit():
            counted = dict(line.split() for line in statistics.read_text().splitlines())
            yield int(most) - int(used.read_text()) + int(counted.get(given_back, 0))
