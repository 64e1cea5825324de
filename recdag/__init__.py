"""Five papers on recommending from implicit feedback as one graph of assets.

In a notebook: `recdag.load`, `fit`, `evaluate` and `sql`, of `recdag.library`, loaded when first asked for.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recdag.library import evaluate, fit, load, sql

__all__ = ["evaluate", "fit", "load", "sql"]

# OpenMP's threads otherwise burn the processor while they wait, and on a busy machine a training of
# small steps takes twenty times as long. It has to be set before torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("recdag.library"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
