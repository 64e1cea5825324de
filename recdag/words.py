"""How numbers and lists are written, on the page, in pictures and in the terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime


def number(value: float, digits: int = 4) -> str:
    """A metric's value; a dash where there is none."""
    return "–" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def printed(value: float) -> str:
    """A published number with the digits that the paper prints, less zeros at the end."""
    return f"{value:g}"


def signed(value: float, digits: int = 4) -> str:
    """A difference with its sign, a real minus."""
    return "–" if value is None or math.isnan(value) else f"{value:+.{digits}f}".replace("-", "−")


def probability(value: float) -> str:
    """A p-value: two decimals, three where it is below 0.1."""
    return "p < 0.001" if value < 0.001 else f"p = {value:.{2 if value >= 0.095 else 3}f}"


def duration(seconds: float) -> str:
    """Seconds as a person says them: 0.4 s, 12 s, 3 min 05 s, 2 h 10 min."""
    if seconds is None or math.isnan(seconds):
        return "–"
    if seconds < 9.95:
        return f"{seconds:.1f} s" if seconds >= 0.05 else "< 0.1 s"
    rounded = round(seconds)
    if rounded < 60:
        return f"{rounded} s"
    if rounded < 3600:
        return f"{rounded // 60} min {rounded % 60:02d} s"
    return f"{rounded // 3600} h {rounded % 3600 // 60:02d} min"


def memory(megabytes: float) -> str:
    """Memory in MB, or GB from one up."""
    if megabytes is None or math.isnan(megabytes):
        return "–"
    return f"{megabytes:.0f} MB" if megabytes < 1000 else f"{megabytes / 1000:.1f} GB"


def integer(value: float) -> str:
    """A whole number with thin spaces between thousands."""
    return "–" if value is None or math.isnan(value) else f"{int(value):,}".replace(",", "\u202f")


def moment(time: datetime) -> str:
    """A point in time to the minute."""
    return f"{time:%Y-%m-%d %H:%M}"


def listed(words: Sequence[str]) -> str:
    """a, b and c."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
