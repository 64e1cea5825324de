"""What another edition of recdag's code would look like to the keys."""

from __future__ import annotations

import pytest

from recdag import fingerprint


def change_code(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    """From now on the code of some modules is another."""
    digest = fingerprint._digest
    monkeypatch.setattr(
        fingerprint, "_digest", lambda module: f"another {module}" if module in modules else digest(module)
    )
