"""How much memory there is, and the peak of a part of the work."""

from __future__ import annotations

import os
import resource
from pathlib import Path

_CONTAINER_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


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


def memory_bytes() -> int:
    """What the machine has, or the container where that has less."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [path.read_text().strip() for path in _CONTAINER_LIMITS if path.exists()]
    return min([machine, *(int(limit) for limit in limits if limit.isdigit())])
