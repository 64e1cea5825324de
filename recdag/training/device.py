"""The choice of device, in one place."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

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


@contextmanager
def one_thread() -> Iterator[None]:
    """Run torch on one processor core: for steps too small to be worth sharing among threads.

    Sums come out the same on any machine then, whatever its number of cores.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
