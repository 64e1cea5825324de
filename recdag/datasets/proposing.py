"""A user's own files as a catalogue entry, proposed from what is in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any, Literal

from recdag.datasets.catalogue import dataset_from
from recdag.datasets.column_guesses import MOST_BEHAVIOURS
from recdag.datasets.entry import Dataset
from recdag.datasets.file_search import FoundFiles
from recdag.datasets.import_hints import NONE, ImportHints
from recdag.datasets.metadata import is_known
from recdag.datasets.profiling import Values
from recdag.datasets.questions import NeedsAnswer, Question
from recdag.datasets.sampling import Sample, check_kind, take_sample
from recdag.datasets.table import Table, read_table
from recdag.errors import DataError

ONLY_BEHAVIOUR = "interaction"
LARGEST_RATING = 10
PURCHASES = ("purchase", "purchased", "buy", "bought", "order", "ordered", "transaction", "checkout", "sale")


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
        constant: columns that are not read since they say the same in every row, with what they say.
    """

    content: Mapping[str, Any]
    dataset: Dataset
    paths: Mapping[str, Path]
    unused: tuple[str, ...] = ()
    constant: tuple[str, ...] = ()

    @property
    def files(self) -> FoundFiles:
        """The user's files as those of the data set."""
        return FoundFiles(self.dataset.name, self.dataset.sources[0], dict(self.paths))


def default_name(files: Sequence[LogFile]) -> str:
    """A data set's name from that of its first file."""
    stem = files[0].path.name.split(".")[0]
    return re.sub(r"[^a-z0-9_-]+", "-", stem.lower())[:100].strip("_-") or "my-data"


def propose(files: Sequence[LogFile], hints: ImportHints, titles: Path | None = None) -> Proposal:
    """Find out what the files hold, and describe it as a catalogue entry.

    Args:
        files: at least one; all of one layout.
        titles: a file with titles of the items.

    Raises:
        NeedsAnswer: all that cannot be known from them.
        DataError: a file cannot be used, or a hint does not fit.
    """
    sample, where = _common_layout(files, hints), str(files[0].path)
    if titles:
        _check_titles(titles)
    name = hints.name or default_name(files)
    content: dict[str, Any] = {
        "name": name,
        "title": hints.title or name,
        "licence": hints.licence or "own data",
        "format": sample.form,
    }
    by_file = [file.behaviour for file in files if file.behaviour]
    if by_file and len(by_file) < len(files):
        raise DataError(
            "Some files are given with a behaviour and some without",
            cure="Write all as BEHAVIOUR=FILE, or none.",
        )
    table = Table({}, None)
    if sample.form == "table":
        table = read_table(content, sample, [file.path for file in files], hints, by_file=bool(by_file))
        if by_file and "behaviour" in table.columns:
            raise DataError(
                "The behaviour is given for each file and by a column",
                where=where,
                cure="Write the files without BEHAVIOUR=, or add --behaviour none.",
            )
        content["columns"] = table.columns
    behaviours, target = _behaviours(list(dict.fromkeys(by_file or table.codes)), hints, where)
    values, positives = _values(table, hints, where)
    if questions := [*table.questions, *filter(None, (target, positives))]:
        raise NeedsAnswer(questions, where=where)
    content |= behaviours | values
    paths = _by_role(files, sample) | ({"items": titles} if titles else {})
    origin = ", ".join(str(path.resolve()) for path in paths.values())
    content = {
        **{field: content.pop(field) for field in ("name", "title", "licence")},
        "instructions": f"It was added from {origin}.",
        "format": content.pop("format"),
        "files": {role: _stored_name(name, role, path) for role, path in paths.items()},
        **content,
    }
    dataset = dataset_from(content, Path(f"{name}.yaml"))
    return Proposal(content, dataset, paths, table.unused, table.constant)


def _check_titles(path: Path) -> None:
    check_kind(path)
    if path.suffix == ".parquet":
        raise DataError("Titles are read from text alone", where=str(path), cure="Save them as CSV or TSV.")


def _common_layout(files: Sequence[LogFile], hints: ImportHints) -> Sample:
    samples = [take_sample(file.path, separator=hints.separator, encoding=hints.encoding) for file in files]
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


def _behaviours(
    codes: Sequence[str], hints: ImportHints, where: str
) -> tuple[dict[str, Any], Question | None]:
    """target, supportive and behaviours of the entry."""
    if not codes:
        return {"target": _slug(hints.target or "") or ONLY_BEHAVIOUR}, None
    if len(codes) > MOST_BEHAVIOURS:
        raise DataError(
            f"The column of behaviours has {len(codes)} different values, such as {', '.join(codes[:3])}",
            where=where,
            cure=f"Up to {MOST_BEHAVIOURS} are taken. Give another column with --behaviour, or none.",
        )
    names = _names(codes)
    likely = [code for code in codes if names[code] in PURCHASES]
    question, target = None, names[(likely or codes)[0]]
    if hints.target is not None:
        chosen = [code for code in codes if hints.target in (code, names[code])]
        if not chosen:
            raise DataError(
                f"No row has the behaviour {hints.target!r}",
                where=where,
                cure=f"Correct --target; there are: {', '.join(codes)}.",
            )
        target = names[chosen[0]]
    elif len(codes) > 1 and len(likely) != 1:
        problem = "It is not clear which behaviour is to be predicted"
        question = Question(problem, "target", tuple(codes), likely[0] if likely else None)
    return {
        "target": target,
        "supportive": [each for each in dict.fromkeys(names.values()) if each != target],
    } | ({} if all(code == name for code, name in names.items()) else {"behaviours": names}), question


def _values(table: Table, hints: ImportHints, where: str) -> tuple[dict[str, Any], Question | None]:
    """value_kind and min_value of the entry."""
    if "value" not in table.columns:
        if hints.threshold is not None and not table.questions:
            raise DataError(
                "A threshold needs ratings or counts, and no column is known to hold them",
                where=where,
                cure="Name it with --rating or --count.",
            )
        return {}, None
    kind, values = table.value_kind, table.profile.values if table.profile else None
    if kind is None and values is not None:
        kind = _likely_kind(values)
    column = str(table.columns["value"])
    of_zeros = values is not None and values.low == 0 and values.least is not None
    least = f"{values.least:g}" if values is not None and values.least is not None else ""
    if kind is None:
        span = NONE if values is None else f"{values.low:g} to {values.high:g}"
        problem = f"It is not clear whether column {column} ({span}) holds ratings or counts"
        threshold = f" --threshold {least}" if of_zeros else ""
        example = (
            f"--rating {quote(column)}{threshold}, or --count {quote(column)}, or --count {NONE} where it "
            "holds neither"
        )
        return {}, Question(problem, "rating", (column, NONE), column, example)
    if kind == "rating" and of_zeros and hints.threshold is None:
        problem = (
            f"Ratings of column {column} begin at 0, and it is not clear from which on they are positives"
        )
        return {}, Question(problem, "threshold", (least, "0"), least)
    return {"value_kind": kind} | ({} if hints.threshold is None else {"min_value": hints.threshold}), None


def _likely_kind(values: Values) -> Literal["count", "rating"] | None:
    """What the range of a column without a telling name says: large whole numbers, or small others."""
    if values.low >= 0 and values.whole and values.high > LARGEST_RATING:
        return "count"
    if values.low >= 0 and not values.whole and values.high <= LARGEST_RATING:
        return "rating"
    return None


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
    """Under which name a file lies in the data set's folder: one that no other data set looks for.

    Files of titles that are known by their names keep them.
    """
    if role == "items" and is_known(path):
        return path.name
    ending = "".join(path.suffixes[-2:] if path.suffix == ".gz" else path.suffixes[-1:])
    part = role.removeprefix("events").strip(".")
    return f"{name}.{part}{ending}" if part else f"{name}{ending}"


def _names(codes: Iterable[str]) -> dict[str, str]:
    """Code -> behaviour; a code in other letters than a to z gets a number."""
    return {code: _slug(code) or f"behaviour_{n}" for n, code in enumerate(codes, 1)}


def _slug(code: str) -> str:
    return re.sub(r"[^a-z0-9_-]+", "_", code.lower()).strip("_-")
