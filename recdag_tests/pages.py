"""The fenced blocks of a page of the documentation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the file that it names, if any, what it says, and where it stands."""

    language: str
    file: str
    text: str
    section: str


def blocks(page: Path) -> Iterator[Block]:
    """All of a page, from the top."""
    text = page.read_text(encoding="utf-8")
    headings = [(match.start(), match[1]) for match in re.finditer(r"^## (.+)$", text, re.MULTILINE)]
    for match in _BLOCK.finditer(text):
        section = next((title for place, title in reversed(headings) if place < match.start()), "")
        yield Block(match[1], match[2] or "", match[3], section)
