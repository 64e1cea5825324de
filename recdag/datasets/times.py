"""How the times of a column are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import product

from recdag.datasets.validation import END_OF_TIME

_DATES = (
    "%Y/%m/%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%d/%m/%y", "%m/%d/%y",
    "%d %b %Y", "%d-%b-%Y", "%b %d, %Y",
)  # fmt: skip
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_FIRST = 20
_ENOUGH = 0.9
_YEAR_1990 = 631_152_000


def time_formats(values: Sequence[str]) -> list[str]:
    """The formats of `Columns.time_format` in which most of the values can be read, the best alone.

    More than one comes back where day and month cannot be told apart; none where nothing fits.
    """
    values = [value.strip() for value in values if value.strip()]
    if not values:
        return []
    for name, reads in _FIXED.items():
        if _share(values, reads) >= _ENOUGH:
            return [name]
    patterns = ["".join(parts) for parts in product(_DATES, _CLOCKS)]
    likely = [each for each in patterns if _share(values[:_FIRST], _parser(each)) >= _ENOUGH]
    shares = {each: _share(values, _parser(each)) for each in likely}
    best = max(shares.values(), default=0.0)
    return [each for each, share in shares.items() if share == best and share >= _ENOUGH]


def looks_like_time(values: Sequence[str]) -> bool:
    """Whether values without a name are times: dates, or seconds or milliseconds since 1990."""
    formats = time_formats(values)
    if not formats:
        return False
    if formats[0] not in ("unix_s", "unix_ms"):
        return True
    scale = 1000 if formats[0] == "unix_ms" else 1
    since = sum(float(value) >= _YEAR_1990 * scale for value in values if is_number(value))
    return since >= _ENOUGH * len(values)


def _share(values: Sequence[str], reads: Callable[[str], bool]) -> float:
    return sum(map(reads, values)) / len(values)


def _parser(pattern: str) -> Callable[[str], bool]:
    def reads(value: str) -> bool:
        try:
            datetime.strptime(value, pattern)
        except ValueError:
            return False
        return True

    return reads


def _is_iso(value: str) -> bool:
    try:
        datetime.fromisoformat(value.removesuffix(" UTC"))
    except ValueError:
        return False
    return "-" in value


def is_number(value: str) -> bool:
    """Whether a text is a number as Python reads it."""
    try:
        float(value)
    except ValueError:
        return False
    return True


def _seconds(value: str) -> bool:
    return is_number(value) and 0 <= float(value) < END_OF_TIME


def _milliseconds(value: str) -> bool:
    return is_number(value) and END_OF_TIME <= float(value) < 1000 * END_OF_TIME


def _compact_date(value: str) -> bool:
    return len(value) == 8 and value[:2] in ("19", "20") and _parser("%Y%m%d")(value)


_FIXED: dict[str, Callable[[str], bool]] = {
    "%Y%m%d": _compact_date,
    "unix_s": _seconds,
    "unix_ms": _milliseconds,
    "iso": _is_iso,
}
