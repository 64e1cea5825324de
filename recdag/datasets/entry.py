"""A catalogue entry: what recdag knows of one data set.

It says where the files come from, how they are read and which behaviour is to be predicted. It holds
names and values only; it never carries SQL.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, field
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

from recdag.datasets.addresses import refuse_private
from recdag.suggest import did_you_mean

Format = Literal[
    "movielens_dat", "movielens_csv", "movielens_udata", "ncf", "triplets", "lists", "userbehavior",
    "retailrocket", "netflix", "amazon_json", "npz", "table", "simulated",
]  # fmt: skip
Protocol = Literal[
    "holdout_10pct", "strong_generalization", "leave_one_out", "five_fold_cv", "user_holdout"
]  # fmt: skip

Parameter = Literal["seed", "n_users", "n_items", "n_communities", "unmet_percent"]

OPTIONAL_ROLES = frozenset({"items", "users", "item_map"})
ROLES = frozenset({"events", "train", "test", "negatives"})
FORMS_WITH_OTHER_ROLES = ("simulated", "ncf", "lists")
PROTOCOL_OPTIONS = {
    "min_value": (int, float),
    "min_user": (int,),
    "min_item": (int,),
    "heldout_users": (int,),
    "published": (bool,),
}

_STRICT = ConfigDict(extra="forbid")
NAME_RULE = "a name is up to 100 small letters, digits, _, - and single dots, a letter or digit first"


def is_name(text: str) -> bool:
    """Whether it can name a data set: a file, a folder, and a partition, in which Dagster takes no `...`."""
    return len(text) <= 100 and re.fullmatch(r"[a-z0-9][a-z0-9_-]*(\.[a-z0-9_-]+)*", text) is not None


def _name(text: str) -> str:
    if not is_name(text):
        raise ValueError(f"{text[:100]!r} is no name: {NAME_RULE}")
    return text


Name = Annotated[str, AfterValidator(_name)]
Texts = Annotated[
    tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)
]


def _inside(paths: tuple[str, ...]) -> tuple[str, ...]:
    for path in paths:
        if not path or path.startswith("/") or ".." in path.split("/") or {"\\", "\0"} & set(path):
            raise ValueError(f"{path!r} is not a path inside the data set's folder")
    return paths


Paths = Annotated[Texts, AfterValidator(_inside)]
Column = str | Annotated[int, Field(ge=1, le=100_000)]
Number = Annotated[float, Field(allow_inf_nan=False)]


@dataclass(frozen=True, config=_STRICT)
class Columns:
    """Which column holds what, and how the text is laid out.

    A column is named as in the header, or given by its position, counted from 1. Positions without
    `header` mean a file that has no header.

    Attributes:
        user, item, value, time, behaviour: the columns; user and item are needed.
        separator: None lets DuckDB find it out.
        header: whether the first line names the columns; None: it does if a column is given by name.
        time_format: unix_s, unix_ms, iso, or a strptime pattern; times of a pattern without a year
            are placed in 1972, so that their order is right.
        encoding: of the text.
    """

    user: Column
    item: Column
    value: Column | None = None
    time: Column | None = None
    behaviour: Column | None = None
    separator: Annotated[str, Field(pattern=r"^[^\r\n\x00]{1,4}$")] | None = None
    header: bool | None = None
    time_format: str = "unix_s"
    encoding: Literal["utf-8", "latin-1", "utf-16"] = "utf-8"

    @property
    def has_header(self) -> bool:
        """Whether the first line names the columns."""
        return any(isinstance(c, str) for c in self.used.values()) if self.header is None else self.header

    @property
    def used(self) -> dict[str, Column]:
        """Field -> column, of the fields that the file has."""
        names = ("user", "item", "value", "time", "behaviour")
        return {name: column for name in names if (column := getattr(self, name)) is not None}


@dataclass(frozen=True, config=_STRICT)
class Download:
    """A file or archive (zip, tar, gz) that anyone may fetch.

    Attributes:
        url: a public address of http or https.
        sha256, md5: checksum of what the address gives; None where the source states none.
        members: files to take from an archive; empty takes all.
        archive: whether to unpack it; None: by the ending (.zip, .tar, .tar.gz, .tgz).
    """

    url: Annotated[str, AfterValidator(refuse_private)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    md5: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] | None = None
    members: Paths = ()
    archive: bool | None = None


@dataclass(frozen=True, config=_STRICT)
class Source:
    """One form in which a data set's files may lie there.

    Attributes:
        format: how the files are read.
        files: role -> alternative relative paths; `x` also stands for `x.gz`. Roles of one kind may
            be numbered or named after a dot (events.1, events.2). The roles items, users and
            item_map may be absent.
        columns: where the format does not fix them.
    """

    format: Format
    files: Mapping[str, Paths] = field(default_factory=dict)
    columns: Columns | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        _check_form(self.format, self.files, self.columns)
        return self


def _check_form(form: str, files: Mapping[str, Any], columns: Columns | None) -> None:
    if form == "table" and columns is None:
        raise ValueError("format table needs columns: user and item at least")
    kinds = {role.split(".")[0] for role in files} - OPTIONAL_ROLES
    if form not in FORMS_WITH_OTHER_ROLES and "events" not in kinds:
        raise ValueError("files: the role events is needed, for example events: log.csv")
    if form not in ("simulated", "lists") and (strange := kinds - ROLES):
        raise ValueError(
            f"files.{sorted(strange)[0]}: unknown{did_you_mean(sorted(strange)[0], ROLES | OPTIONAL_ROLES)}"
        )
    if form == "lists" and not kinds:
        raise ValueError("files: a file for each behaviour is needed")


@dataclass(frozen=True, config=_STRICT)
class Expected:
    """Counts as the paper or the source states them; None where it does not."""

    users: int | None = None
    items: int | None = None
    interactions: int | None = None


@dataclass(frozen=True, config=_STRICT)
class Dataset:
    """A catalogue entry.

    Attributes:
        name: id used everywhere; title: for people; licence: its terms in a line; homepage: address.
        download: what to fetch; empty where the files have to be placed by hand.
        instructions: where to get the files and where to place them.
        format, files, columns: the form looked for first; `alternatives`: further forms, in order.
        target: the behaviour to be predicted, also the name of a data set's only behaviour.
        supportive: the other behaviours that models may learn from.
        behaviours: code in the file -> behaviour; empty: the codes are the behaviours.
        value_kind: count (repeats add up) or rating (the latest counts).
        min_value: smallest value of a positive; None: any interaction is one.
        min_user_interactions, min_item_interactions: filters for all protocols, applied once, items
            first, then users.
        protocols: protocol -> options: min_value, min_user, min_item, heldout_users, published.
        expected: counts before any filter; expected_by_protocol: after a protocol's filters, as the
            papers state them.
        stands_for: protocol -> name under which the papers' claims know this data set.
        value_range: smallest and largest value expected; others are kept, counted and reported.
        parameters: of the simulator.
    """

    name: Name
    title: str
    licence: str
    format: Format
    homepage: str = ""
    download: Annotated[
        tuple[Download, ...], BeforeValidator(lambda v: (v,) if isinstance(v, Mapping) else v or ())
    ] = ()
    instructions: str = ""
    files: Mapping[str, Paths] = field(default_factory=dict)
    columns: Columns | None = None
    alternatives: tuple[Source, ...] = ()
    target: Name = "interaction"
    supportive: Texts = ()
    behaviours: Mapping[str, str] = field(default_factory=dict)
    value_kind: Literal["count", "rating"] = "count"
    min_value: Number | None = None
    min_user_interactions: Annotated[int, Field(ge=1)] = 1
    min_item_interactions: Annotated[int, Field(ge=1)] = 1
    protocols: Mapping[Protocol, dict[str, Any]] = field(default_factory=dict)
    expected: Expected = field(default_factory=Expected)
    expected_by_protocol: Mapping[Protocol, Expected] = field(default_factory=dict)
    stands_for: Mapping[Protocol, str] = field(default_factory=dict)
    value_range: tuple[Number, Number] | None = None
    parameters: Mapping[Parameter, Annotated[int, Field(ge=0)]] = field(default_factory=dict)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _check_form(self.format, self.files, self.columns)
        if self.target in self.supportive:
            raise ValueError(f"supportive: {self.target} is the target already")
        if strange := sorted(set(self.behaviours.values()) - set(self.all_behaviours)):
            raise ValueError(f"behaviours: {strange[0]} is neither the target nor supportive")
        for protocol, options in self.protocols.items():
            for key, value in options.items():
                if key not in PROTOCOL_OPTIONS:
                    raise ValueError(
                        f"protocols.{protocol}.{key}: unknown{did_you_mean(key, PROTOCOL_OPTIONS)}"
                    )
                if type(value) not in PROTOCOL_OPTIONS[key] or not 0 <= value < math.inf:
                    raise ValueError(f"protocols.{protocol}.{key}: {value!r} has the wrong type or sign")
        return self

    @property
    def sources(self) -> tuple[Source, ...]:
        """The forms in which the files may lie there, the preferred one first.

        An alternative takes over the main form's files of items and users unless it has its own.
        """
        main = Source(format=self.format, files=self.files, columns=self.columns)
        shared = {role: paths for role, paths in self.files.items() if role in OPTIONAL_ROLES}
        others = (
            Source(format=a.format, files={**shared, **a.files}, columns=a.columns) for a in self.alternatives
        )
        return (main, *others)

    @property
    def all_behaviours(self) -> tuple[str, ...]:
        """The target, then the supportive behaviours."""
        return (self.target, *self.supportive)

    @property
    def simulated(self) -> bool:
        """Whether the data are drawn on the spot instead of read from files."""
        return self.format == "simulated"

    @property
    def settings_version(self) -> str:
        """Digest of all that decides what is read from the same files; titles and notes do not count."""
        silent = {
            "title",
            "licence",
            "homepage",
            "instructions",
            "download",
            "expected",
            "expected_by_protocol",
            "stands_for",
            "protocols",
        }
        settings = {key: value for key, value in asdict(self).items() if key not in silent}
        return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]
