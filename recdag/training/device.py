"""The choice of device, in one place."""

from __future__ import annotations

import os

import torch

from recdag.errors import ConfigError


def choose_device(name: str | None = None) -> torch.device:
    """`name`, else RECDAG_DEVICE, else the GPU where there is one, else the CPU.

    Raises:
        ConfigError: the device named is not there.
    """
    name = name or os.environ.get("RECDAG_DEVICE") or "auto"
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise ConfigError(
            f"device {name!r} asked for, but torch sees no GPU",
            cure="Unset RECDAG_DEVICE, or set it to cpu",
        )
    return torch.device(name)
