"""Which column of a file is the user, the item, and so on: by name where there are names, else by content."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from shlex import quote
from typing import Any, Literal

from recdag.datasets.column_guesses import (
    MOST_BEHAVIOURS,
    may_be_behaviours,
    may_be_counts,
    span,
    unlikely_key,
)
from recdag.datasets.entry import Column
from recdag.datasets.import_hints import NONE, ImportHints
from recdag.datasets.questions import Question
from recdag.datasets.sampling import Sample
from recdag.datasets.times import is_number, looks_like_time, time_formats
from recdag.errors import DataError
from recdag.suggest import did_you_mean

_NAMES = {
    "user": (
        "user userid uid username userkey customer customerid custid visitor visitorid account accountid "
        "member memberid client clientid buyer buyerid reviewer reviewerid listener listenerid person "
        "personid session sessionid"
    ),
    "item": (
        "item itemid iid itemkey product productid sku movie movieid film filmid artist artistid song songid "
        "track trackid book bookid asin isbn article articleid brand brandid business businessid game gameid "
        "video videoid stockcode content contentid offer offerid"
    ),
    "behaviour": "behaviour behavior behaviortype behaviourtype event eventtype action actiontype type",
    "rating": "rating score stars star overall",
    "count": "count counts plays playcount play listens weight quantity qty frequency times n",
    "value": "value val",
    "time": (
        "time timestamp ts date datetime at createdat eventtime eventdate when day unixreviewtime "
        "invoicedate visitdatetime orderdate purchasedate"
    ),
}
_ROLES = {name: role for role, names in _NAMES.items() for name in names.split()}
_LONGEST_LIST = 10


@dataclass(frozen=True)
class ColumnMapping:
    """The proposal for one file.

    Attributes:
        columns: field of `Columns` -> column, and separator, header, encoding, time_format as needed.
        value_kind: of the column `value`; None where there is none, or where the range has to tell.
        unused: the other columns.
        questions: what cannot be known; `columns` then holds what is likely.
    """

    columns: dict[str, Any]
    value_kind: Literal["count", "rating"] | None
    unused: tuple[str, ...]
    questions: tuple[Question, ...] = ()


def map_columns(sample: Sample, hints: ImportHints, where: str) -> ColumnMapping:
    """Propose what each column holds.

    Args:
        sample: of a table.
        hints: go before everything else.
        where: the file, for messages.

    Raises:
        DataError: a column that was named is not there, or its times cannot be read.
    """
    return _Mapper(sample, hints, where).mapping()


class _Mapper:
    def __init__(self, sample: Sample, hints: ImportHints, where: str) -> None:
        self.sample, self.hints, self.where = sample, hints, where
        rows = sample.rows
        self.named = sample.names is not None or _begins_with_names(sample, hints)
        first = [str(value).strip() for value in sample.names or rows[0]]
        self.labels = first if self.named else [str(n + 1) for n in range(len(first))]
        data = rows[1:] if self.named and sample.names is None else rows
        if self.named and sample.names is None and list(rows[0]) in map(list, data):
            raise DataError(
                "The line of column names is there twice",
                where=where,
                cure=f"Remove {','.join(first)[:60]!r} where it stands again, between files joined with it.",
            )
        self.values = [
            [str(row[n]) for row in data if row[n] not in (None, "")] for n in range(len(self.labels))
        ]
        self.taken: dict[str, int] = {}
        self.questions: list[Question] = []
        self.ignored = {self._place(each, "ignore") for each in hints.ignore}

    def mapping(self) -> ColumnMapping:
        for role in ("user", "item", "behaviour", "rating", "count", "time"):
            if (hint := getattr(self.hints, role)) is not None and hint != NONE:
                self.taken[role] = self._place(hint, role)
        if {"rating", "count"} <= set(self.taken):
            raise DataError(
                "A data set has ratings or counts, not both", cure="Give --rating or --count, not both."
            )
        self._by_name()
        self._by_content()
        for role, other in (("user", "item"), ("item", "user")):
            if role not in self.taken:
                self._ask(role, other)
        self._ask_for_counts()
        self._ask_for_behaviours()
        value_role = next((role for role in ("rating", "count", "value") if role in self.taken), None)
        columns: dict[str, Any] = {
            "value" if role == value_role else role: self._column(place) for role, place in self.taken.items()
        }
        if "time" in self.taken:
            columns["time_format"] = self._time_format(self.taken["time"])
        if self.sample.separator is not None:
            columns |= {"separator": self.sample.separator, "header": self.named}
            if self.sample.encoding != "utf-8":
                columns["encoding"] = self.sample.encoding
        kind: Any = None if value_role == "value" else value_role
        unused = [label for n, label in enumerate(self.labels) if n not in self.taken.values()]
        return ColumnMapping(columns, kind, tuple(unused), tuple(self.questions))

    def _free(self) -> list[int]:
        return [n for n in range(len(self.labels)) if n not in self.taken.values() and n not in self.ignored]

    def _open(self, role: str) -> bool:
        """Whether a role has no column yet and may get one."""
        if role in ("rating", "count", "value") and {"rating", "count", "value"} & set(self.taken):
            return False
        return role not in self.taken and getattr(self.hints, role, None) != NONE

    def _by_name(self) -> None:
        if not self.named:
            return
        for role in _NAMES:
            places = [n for n in self._free() if _ROLES.get(_normalized(self.labels[n])) == role]
            if role == "behaviour":
                places = [n for n in places if len(set(self.values[n])) <= MOST_BEHAVIOURS]
            if role == "user" and len(places) > 1:
                places = [n for n in places if "session" not in _normalized(self.labels[n])]
            if not places or not self._open(role):
                continue
            if len(places) > 1 and role in ("user", "item"):
                choices = tuple(str(self._column(n)) for n in places)
                problem = f"Several columns may be the {role}: {', '.join(choices)}"
                self.questions.append(Question(problem, role, choices, choices[0]))
            self.taken[role] = places[0]

    def _by_content(self) -> None:
        """Times, behaviours and values; without names, or dates under any name."""
        known = {"user", "item"} <= set(self.taken)
        for n in self._free():
            values = self.values[n]
            if not values or not self._could_be_extra(n, known):
                continue
            if self._open("time") and looks_like_time(values):
                if not self.named or not values[0].strip().isdigit():
                    self.taken["time"] = n
            elif self.named:
                continue
            elif all(map(is_number, values)):
                if self._open("value") and NONE not in (self.hints.rating, self.hints.count):
                    self.taken["value"] = n
            elif self._open("behaviour") and len(set(values)) <= min(MOST_BEHAVIOURS, len(values) // 2):
                self.taken["behaviour"] = n

    def _could_be_extra(self, n: int, known: bool) -> bool:
        """The first two columns of a file without names are probably its users and items."""
        return self.named or known or n > 1

    def _ask(self, role: str, other: str) -> None:
        free = sorted(self._free(), key=lambda n: unlikely_key(self.values[n]))
        if len(free) == 1 and other in self.taken:
            self.taken[role] = free[0]
            return
        both = role == "user" and other not in self.taken and len(free) > 1
        if not free:
            raise DataError(f"No column is left for the {role}", where=self.where, cure=f"Give --{role}.")
        examples = "; ".join(
            f"{self.labels[n]}: {', '.join(list(dict.fromkeys(self.values[n]))[:3])}" for n in free[:20]
        )
        self.taken[role] = free[0]
        if role == "item" and self.questions and self.questions[-1].field == "user":
            return  # Asked for together.
        known = "" if self.named else "The file has no header. "
        problem = f"{known}It is not clear which column is the {role} ({examples})"
        labels = tuple(self.labels[n] for n in free)
        example = f"--user {quote(labels[0])} --item {quote(labels[1])}" if both else ""
        self.questions.append(Question(problem, role, labels, labels[0], example))

    def _ask_for_counts(self) -> None:
        """Numbers that vary and truth values are not left out without a word."""
        if NONE in (self.hints.rating, self.hints.count) or not self._open("value"):
            return
        places = [n for n in self._free() if may_be_counts(self.values[n])]
        if not places:
            return
        labels = [str(self._column(n)) for n in places]
        shown = [f"{self._named(n)} ({span(self.values[n])})" for n in places[:_LONGEST_LIST]]
        more = f" and {len(places) - len(shown):,} more" if len(places) > len(shown) else ""
        problem = (
            f"{', '.join(shown)}{more}: not used, and may tell how often or how much; 0 and false are then "
            "no positives"
        )
        example = f"--count {quote(labels[0])} (or --rating), or --count {NONE} where none of them does"
        self.questions.append(Question(problem, "count", (*labels, NONE), labels[0], example))

    def _ask_for_behaviours(self) -> None:
        if not self.named or not self._open("behaviour"):
            return
        places = [n for n in self._free() if may_be_behaviours(self.values[n])]
        if not places:
            return
        labels = [str(self._column(n)) for n in places]
        shown = [f"{self._named(n)} ({', '.join(dict.fromkeys(self.values[n][:99]))[:60]})" for n in places]
        problem = f"{', '.join(shown)}: not used, and may tell what was done"
        example = f"--behaviour {quote(labels[0])}, or --behaviour {NONE}"
        self.questions.append(Question(problem, "behaviour", (*labels, NONE), labels[0], example))

    def _named(self, place: int) -> str:
        return f"Column {self.labels[place] or place + 1}"

    def _place(self, hint: str, role: str) -> int:
        if self.named and hint in self.labels:
            return self.labels.index(hint)
        if hint.isdigit() and 1 <= int(hint) <= len(self.labels):
            return int(hint) - 1
        has = ", ".join(self.labels[:20]) if self.named else f"no header, and columns 1 to {len(self.labels)}"
        raise DataError(
            f"There is no column {hint!r}{did_you_mean(hint, self.labels)}",
            where=self.where,
            cure=f"Correct --{role}; the file has: {has}.",
        )

    def _column(self, place: int) -> Column:
        label = self.labels[place]
        return label if self.named and label and self.labels.count(label) == 1 else place + 1

    def _time_format(self, place: int) -> str:
        if self.hints.time_format:
            return self.hints.time_format
        values = self.values[place]
        formats = time_formats(values)
        if len(formats) > 1:
            problem = f"Day and month cannot be told apart in {values[0]!r}"
            self.questions.append(Question(problem, "time_format", tuple(formats)))
        if not formats and values:
            raise DataError(
                f"The times of column {self.labels[place]} cannot be read, for example {values[0]!r}",
                where=self.where,
                cure="Give --time-format (unix_s, unix_ms, iso or a pattern as '%d/%m/%Y'), or --time none.",
            )
        return formats[0] if formats else "unix_s"


def _begins_with_names(sample: Sample, hints: ImportHints) -> bool:
    first = [str(value).strip() for value in sample.rows[0]]
    if {"user", "item"} <= {_ROLES.get(_normalized(name)) for name in first}:
        return True
    hinted = {hints.user, hints.item, hints.behaviour, hints.rating, hints.count, hints.time}
    if any(each and not each.isdigit() and each in first for each in hinted):
        return True
    others: Sequence[Sequence[str | None]] = sample.rows[1:]
    columns = [[row[n] for row in others] for n in range(len(first))]
    if any(
        _normalized(name) in _ROLES and name not in below for name, below in zip(first, columns, strict=True)
    ):
        return True
    numeric = any(all(is_number(value or "0") for value in below) for below in columns)
    return bool(others) and numeric and not any(map(is_number, first))


def _normalized(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
