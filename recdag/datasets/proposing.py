"""A user's own files as a catalogue entry, proposed from what is in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from recdag.datasets.catalogue import dataset_from
from recdag.datasets.entry import Dataset
from recdag.datasets.files import FoundFiles
from recdag.datasets.mapping import LARGEST_RATING, MOST_BEHAVIOURS, ColumnMapping, map_columns
from recdag.datasets.readers import raw_files
from recdag.datasets.sampling import Sample, take_sample
from recdag.datasets.validation import find_fault
from recdag.datasets.wishes import NONE, Unanswered, Wishes
from recdag.errors import DataError

ONLY_BEHAVIOUR = "interaction"
PURCHASES = ("purchase", "purchased", "buy", "bought", "order", "ordered", "transaction", "checkout", "sale")
_UNREADABLE = (duckdb.InvalidInputException, duckdb.IOException, duckdb.ConversionException)


@dataclass(frozen=True)
class LogFile:
    """A file, and the behaviour of all its rows where it has no column for it."""

    path: Path
    behaviour: str | None = None

    @classmethod
    def parse(cls, text: str) -> LogFile:
        """PATH or BEHAVIOUR=PATH."""
        behaviour, equals, path = text.partition("=")
        if equals and not Path(text).exists():
            return cls(Path(path).expanduser(), behaviour)
        return cls(Path(text).expanduser())


@dataclass(frozen=True)
class Proposal:
    """A catalogue entry that is not written yet.

    Attributes:
        content: its fields.
        dataset: the same, checked.
        paths: role -> the user's own file.
        unused: columns that are not read.
    """

    content: Mapping[str, Any]
    dataset: Dataset
    paths: Mapping[str, Path]
    unused: tuple[str, ...] = ()

    @property
    def found(self) -> FoundFiles:
        """The user's files as those of the data set."""
        return FoundFiles(self.dataset.name, self.dataset.sources[0], dict(self.paths))


def default_name(files: Sequence[LogFile]) -> str:
    """A data set's name from that of its first file."""
    stem = files[0].path.name.split(".")[0]
    return re.sub(r"[^a-z0-9_-]+", "-", stem.lower())[:100].strip("_-") or "my-data"


def propose(files: Sequence[LogFile], wishes: Wishes) -> Proposal:
    """Find out what the files hold, and describe it as a catalogue entry.

    Args:
        files: at least one; all of one layout.

    Raises:
        Unanswered: something that cannot be known from them.
        DataError: a file cannot be used, or a wish does not fit.
    """
    sample, where = _common_layout(files, wishes), str(files[0].path)
    name = wishes.name or default_name(files)
    content: dict[str, Any] = {
        "name": name,
        "title": wishes.title or name,
        "licence": wishes.licence or "own data",
        "format": sample.form,
    }
    mapping = ColumnMapping({}, None, ())
    codes, extremes = [file.behaviour for file in files if file.behaviour], None
    if codes and len(codes) < len(files):
        raise DataError(
            "Some files are given with a behaviour and some without",
            cure="Write all as BEHAVIOUR=FILE, or none.",
        )
    if sample.form == "table":
        mapping = map_columns(sample, wishes, where)
        if codes and "behaviour" in mapping.columns:
            raise DataError(
                "The behaviour is given for each file and by a column",
                where=where,
                cure="Write the files without BEHAVIOUR=, or add --behaviour none.",
            )
        content["columns"] = mapping.columns
        found_codes, extremes = _profile(content, files)
        codes = codes or found_codes
    content |= _behaviours(list(dict.fromkeys(codes)), wishes, where)
    content |= _values(mapping, extremes, wishes, where)
    paths = _by_role(files, sample)
    origin = ", ".join(str(path.resolve()) for path in paths.values())
    content = {
        **{field: content.pop(field) for field in ("name", "title", "licence")},
        "instructions": f"It was added from {origin}.",
        "format": content.pop("format"),
        "files": {role: _stored_name(name, role, path) for role, path in paths.items()},
        **content,
    }
    return Proposal(content, dataset_from(content, Path(f"{name}.yaml")), paths, mapping.unused)


def _common_layout(files: Sequence[LogFile], wishes: Wishes) -> Sample:
    samples = [take_sample(file.path, separator=wishes.separator, encoding=wishes.encoding) for file in files]
    # A list of one item for each user looks like a table of two columns.
    if lists := next((sample for sample in samples if sample.form == "lists"), None):
        samples = [lists if _may_be_lists(sample) else sample for sample in samples]
    first, *others = samples
    for other, file in zip(others, files[1:], strict=True):
        if (other.form, other.separator) != (first.form, first.separator):
            raise DataError(
                f"The file is not laid out like {files[0].path}",
                where=str(file.path),
                cure="Bring the files of a data set into one layout, or add them as two.",
            )
    return first


def _may_be_lists(sample: Sample) -> bool:
    return sample.names is None and all(str(value).strip().isdigit() for row in sample.rows for value in row)


def _profile(
    content: Mapping[str, Any], files: Sequence[LogFile]
) -> tuple[list[str], tuple[float, float, bool] | None]:
    """Over all rows: the behaviours' codes, and the smallest and largest value and whether all are whole.

    Raises:
        DataError: a row cannot be read.
    """
    roles = {f"events.{n}": file.path for n, file in enumerate(files)}
    dataset = dataset_from({**content, "files": {role: path.name for role, path in roles.items()}}, Path())
    found = FoundFiles(dataset.name, dataset.sources[0], roles)
    with duckdb.connect() as connection:
        raw = raw_files(connection, dataset, found)
        rows = " UNION ALL ".join(f"SELECT behaviour, value FROM ({file.query(False)})" for file in raw)
        try:
            counted = connection.execute(
                "SELECT behaviour, min(number), max(number), bool_and(number = floor(number)) FROM"
                f" (SELECT behaviour, try_cast(value AS DOUBLE) AS number FROM ({rows}))"
                " GROUP BY behaviour ORDER BY count(*) DESC"
            ).fetchall()
        except _UNREADABLE:
            # Which behaviours there are is not known yet, so that none is at fault.
            find_fault(connection, dataset, [replace(f, present=f.present - {"behaviour"}) for f in raw])
            raise
    codes = [code for code, *_ in counted if code is not None]
    numbers = [each for _, *each in counted if each[0] is not None]
    if not numbers:
        return codes, None
    low, high, whole = zip(*numbers, strict=True)
    return codes, (min(low), max(high), all(whole))


def _behaviours(codes: Sequence[str], wishes: Wishes, where: str) -> dict[str, Any]:
    """target, supportive and behaviours of the entry."""
    if not codes:
        return {"target": _slug(wishes.target or "") or ONLY_BEHAVIOUR}
    if len(codes) > MOST_BEHAVIOURS:
        raise DataError(
            f"The column of behaviours has {len(codes)} different values, such as {', '.join(codes[:3])}",
            where=where,
            cure=f"Up to {MOST_BEHAVIOURS} are taken. Give another column with --behaviour, or none.",
        )
    names = _names(codes)
    likely = [code for code in codes if names[code] in PURCHASES]
    if wishes.target is not None:
        chosen = [code for code in codes if wishes.target in (code, names[code])]
        if not chosen:
            raise DataError(
                f"No row has the behaviour {wishes.target!r}",
                where=where,
                cure=f"Correct --target; there are: {', '.join(codes)}.",
            )
        target = names[chosen[0]]
    elif len(codes) == 1 or len(likely) == 1:
        target = names[(likely or codes)[0]]
    else:
        raise Unanswered(
            "It is not clear which behaviour is to be predicted",
            field="target",
            choices=codes,
            guess=likely[0] if likely else None,
            where=where,
        )
    return {
        "target": target,
        "supportive": [each for each in dict.fromkeys(names.values()) if each != target],
    } | ({} if all(code == name for code, name in names.items()) else {"behaviours": names})


def _values(
    mapping: ColumnMapping, extremes: tuple[float, float, bool] | None, wishes: Wishes, where: str
) -> dict[str, Any]:
    """value_kind and min_value of the entry."""
    if "value" not in mapping.columns:
        if wishes.threshold is not None:
            raise DataError(
                "A threshold needs ratings or counts, and no column is known to hold them",
                where=where,
                cure="Name it with --rating or --count.",
            )
        return {}
    kind = mapping.value_kind
    if kind is None and extremes is not None:
        _, high, whole = extremes
        kind = "rating" if not whole else "count" if high > LARGEST_RATING else None
    if kind is None:
        column = str(mapping.columns["value"])
        other = NONE if extremes is None else f"{extremes[0]:g} to {extremes[1]:g}"
        raise Unanswered(
            f"It is not clear whether column {column} ({other}) holds ratings or counts",
            field="rating",
            choices=[column],
            guess=column,
            where=where,
            example=f"--rating {column}, or --count {column}",
        )
    return {"value_kind": kind} | ({} if wishes.threshold is None else {"min_value": wishes.threshold})


def _by_role(files: Sequence[LogFile], sample: Sample) -> dict[str, Path]:
    """A role of the catalogue for each file: events.view for one of views, numbered where there are more."""
    names = _names(dict.fromkeys(file.behaviour for file in files if file.behaviour))
    heads = [names[file.behaviour] if file.behaviour else "" for file in files]
    roles: dict[str, Path] = {}
    for head, file in zip(heads, files, strict=True):
        role = (head or ONLY_BEHAVIOUR) if sample.form == "lists" else f"events.{head}".strip(".")
        taken = sum(each == role or each.startswith(f"{role}.") for each in roles)
        roles[f"{role}.{taken + 1}" if heads.count(head) > 1 else role] = file.path
    return roles


def _stored_name(name: str, role: str, path: Path) -> str:
    """Under which name a file lies in the data set's folder: one that no other data set looks for."""
    ending = "".join(path.suffixes[-2:] if path.suffix == ".gz" else path.suffixes[-1:])
    part = role.removeprefix("events").strip(".")
    return f"{name}.{part}{ending}" if part else f"{name}{ending}"


def _names(codes: Iterable[str]) -> dict[str, str]:
    """Code -> behaviour; a code in other letters than a to z gets a number."""
    return {code: _slug(code) or f"behaviour_{n}" for n, code in enumerate(codes, 1)}


def _slug(code: str) -> str:
    return re.sub(r"[^a-z0-9_-]+", "_", code.lower()).strip("_-")
