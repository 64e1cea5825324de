"""What a training ran on and with."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_PACKAGES = ("torch", "numpy", "scipy", "duckdb")


def environment(device: torch.device) -> dict[str, str]:
    """Versions, processors and, where there is one, the graphics card, in words."""
    versions = {"python": platform.python_version()}
    versions |= {package: version(package) for package in _PACKAGES}
    versions |= {"system": f"{platform.system()} {platform.machine()}", "cpus": str(os.cpu_count())}
    if device.type == "cuda":
        import torch

        versions["gpu"] = torch.cuda.get_device_name(device)
    return versions
