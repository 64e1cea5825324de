"""One file that holds a training as it stood at the end of an epoch."""

from __future__ import annotations

import logging
import os
import pickle
from pathlib import Path
from typing import Any

import torch

from recdag.errors import in_one_line

_log = logging.getLogger(__name__)


def save_checkpoint(path: Path, content: dict[str, Any]) -> None:
    """Write tensors and plain values so that a crash leaves the old file or the new, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        torch.save(content, file)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def load_checkpoint(path: Path, fingerprint: str, device: torch.device) -> dict[str, Any] | None:
    """The checkpoint at `path` if it is whole and belongs to this very fit, else None.

    A warning names one that is not whole.
    """
    if not path.exists():
        return None
    try:
        content = torch.load(path, map_location=device, weights_only=True)
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, pickle.UnpicklingError) as error:
        _log.warning("The checkpoint %s cannot be read (%s); this part begins anew", path, in_one_line(error))
        return None
    if not isinstance(content, dict) or content.get("fingerprint") != fingerprint:
        return None
    return content
