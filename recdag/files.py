"""Files that appear complete or not at all."""

from __future__ import annotations

import tempfile
from pathlib import Path


def write_whole(text: str, path: Path) -> None:
    """Write a text file, readable for all, in one step; its folder is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        file.write(text)
    Path(file.name).chmod(0o644)
    Path(file.name).replace(path)
