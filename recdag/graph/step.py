"""An asset, declared once: what it is made of, how, and where that is recorded.

Keys, status, the assets that Dagster shows, their checks and code versions all follow from the declaration.
The rule that keeps every path cheap: a step whose inputs, code and settings are unchanged is not done again.
A step's key is a hash over the content of its inputs, its code version and its configuration; it is recorded
with the output, and where it is found again, the output is taken as it is. The output's own version is a
hash of its content, so that a recomputation that changes nothing stops there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from recdag.fingerprint import code_of, fingerprint
from recdag.warehouse.lineage import Origins

if TYPE_CHECKING:
    from pydantic import BaseModel

    from recdag.graph.ledger import Ledger, Record
    from recdag.graph.project import Project
    from recdag.training.options import Progress

_HERE = "recdag.graph"
_SQL = "recdag.sql_text"

Store = Literal["files", "working", "model", "published", "page"]
"""Where the record of an asset is kept: nowhere but in its files, in the working file of its data set, beside
the weights, in the published file, beside the page."""


@dataclass(frozen=True)
class Outcome:
    """What a step gives back to whoever asked for it.

    Attributes:
        data_version: hash of the output's content.
        metadata: what a person wants to know of the output; plain JSON values.
        cached: the output was there already.
        skipped: why nothing was made; empty where it was.
    """

    data_version: str
    metadata: dict[str, Any]
    cached: bool
    skipped: str = ""

    @classmethod
    def of_skipped(cls, reason: str) -> Outcome:
        """Nothing is made, and the reason is told."""
        return cls(hashlib.sha256(reason.encode()).hexdigest()[:20], {}, cached=True, skipped=reason)


def step_key(**parts: Any) -> str:
    """A hash of everything that determines an output."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def code_version(modules: Iterable[str], rooms: Collection[str] = ()) -> str:
    """Changes with what some modules say, and those of their own rooms that they import, or of SQL text.

    Comments, docstrings and the places of files do not count. A module of this room stands for itself: what
    it imports of the room only leads from asset to asset.

    Args:
        rooms: further ones into which imports are followed.
    """
    reached = set[str]()
    for module in modules:
        room = ".".join(module.split(".")[:2])
        reached |= {module} if room == _HERE else code_of(module, (room, _SQL, *rooms))
    return fingerprint(reached)


class Plan(Protocol):
    """What decides an output."""

    @property
    def key(self) -> str:
        """A hash of all of it."""

    def changes(self, record: Record) -> list[str]:
        """What of it is otherwise than when the output was made, in words; empty where all that differs is
        what the step reads."""

    @property
    def stale_cells(self) -> Collection[str]:
        """The assets of which the output holds a part that would be made anew."""


@dataclass(frozen=True)
class KeyedPlan:
    """What decides an output, where it is not known what of it changed.

    Attributes:
        reason: what is said then.
    """

    key: str
    reason: str
    stale_cells: tuple[str, ...] = ()

    def changes(self, record: Record) -> list[str]:
        return [self.reason]


@dataclass(frozen=True)
class MadeFrom:
    """Everything that determines the tables of a step.

    Attributes:
        inputs: name -> data version of what is read.
        version: of the code that writes.
        config: settings that decide the content.
    """

    inputs: Mapping[str, str]
    version: str
    config: Mapping[str, Any]

    def key(self, asset: str) -> str:
        """The asset's key where it is made from this."""
        return step_key(asset=asset, **asdict(self))


@dataclass(frozen=True)
class Verdict:
    """What a check says.

    Attributes:
        explanation: one sentence with the numbers it is based on.
        metadata: the numbers.
    """

    passed: bool
    explanation: str
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    """What has to hold of an asset.

    Attributes:
        verify: given the project and the data set, "" where the asset has none.
        blocking: where it does not hold, nothing below the asset is made.
        with_asset: it is looked at in the step of the asset itself.
    """

    name: str
    description: str
    verify: Callable[[Project, str], Verdict]
    blocking: bool = True
    with_asset: bool = False


@dataclass(frozen=True)
class Picture:
    """A picture that is shown beside an asset's numbers."""

    title: str
    png: bytes


@dataclass(frozen=True)
class Markdown:
    """Text that is shown beside an asset's numbers."""

    text: str


Shown = Picture | Markdown | str | int | float


@dataclass(frozen=True)
class Work:
    """One step on one data set, as it was asked for.

    Attributes:
        dataset: "" for a step that all data sets share.
        settings: what was set for this run; an instance of the step's `settings`, None where it has none.
        on_progress, on_download: are told how far a training or a download has come.
        heartbeat: called every few seconds of long work; may raise to give up.
    """

    project: Project
    dataset: str
    settings: Any = None
    run_id: str = ""
    on_progress: Callable[[Progress], None] = lambda progress: None
    on_download: Callable[[int, int | None], None] = lambda done, total: None
    heartbeat: Callable[[], None] = lambda: None


def _never(ledger: Ledger) -> str | None:
    return None


def _nothing(work: Work, outcome: Outcome) -> Mapping[str, Shown]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Step:
    """An asset of the graph.

    Attributes:
        name: "events", "splits/leave_one_out", "ncf/gmf".
        needs: the assets above it in the graph.
        reads: those of the graph that decide whether it stays as it is, where that is not `needs`.
        some: it is made of those of its needs that are there.
        group, kinds, tags: what it is found by in the web UI.
        description: what it is, in a few sentences.
        code: the modules that decide its content, with those of their rooms that they import; the one to
            read first at the front.
        links: further files to read.
        store: where its record is kept.
        plan: what would decide it now, given what is recorded.
        plan_as_made: the same for what it was asked for when it was made, where that may differ.
        skipped: why it cannot be made of these data or on this machine; None where it can.
        make: makes it, unless it is current.
        settings: what a person may set for one run.
        version: of its code, for Dagster; that of `code` unless it is kept by hand.
        pool: what only one run at a time may use.
        large: made only when it is asked for.
        shared: one for all data sets.
        table: the published table or the working table that it fills.
        origins: where the columns of that table come from.
        checks: what has to hold of it.
        preview: what is shown beside its numbers.
        about: what is shown beside its description, a link for example.
    """

    name: str
    needs: tuple[str, ...]
    reads: tuple[str, ...] | None = None
    some: bool = False
    group: str
    kinds: frozenset[str]
    tags: Mapping[str, str] = field(default_factory=dict)
    description: str
    code: tuple[str, ...]
    links: tuple[str, ...] = ()
    store: Store
    plan: Callable[[Ledger], Plan]
    plan_as_made: Callable[[Ledger], Plan] | None = None
    skipped: Callable[[Ledger], str | None] = _never
    make: Callable[[Work], Outcome]
    settings: Callable[[Project], type[BaseModel]] | None = None
    version: Callable[[Project], str] | None = None
    pool: str | None = None
    large: bool = False
    shared: bool = False
    table: str = ""
    origins: Origins = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    preview: Callable[[Work, Outcome], Mapping[str, Shown]] = _nothing
    about: Mapping[str, str] = field(default_factory=dict)

    @property
    def awaits(self) -> tuple[str, ...]:
        """The assets whose state its own follows."""
        return self.needs if self.reads is None else self.reads

    def code_version(self, project: Project) -> str:
        """What Dagster compares to notice changed code."""
        return self.version(project) if self.version else code_version(self.code)
