"""Steps that fill tables of a data set's working file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from duckdb import DuckDBPyConnection

from recdag.graph.differences import differing, in_words
from recdag.graph.ledger import Record, input_versions
from recdag.graph.project import Project
from recdag.graph.step import MadeFrom, Outcome, Step, Work, code_version, step_key
from recdag.sql_text import columns, identifier, scalar
from recdag.warehouse.provenance import record
from recdag.warehouse.store import content_hash

ENTRY = "settings"
"""The setting that stands for a whole catalogue entry."""
_NAMES = {"raw_files": "the raw files", ENTRY: "the catalogue entry"}


@dataclass(frozen=True)
class TablePlan:
    """What decides the tables of an asset."""

    asset: str
    made_from: MadeFrom
    stale_cells: ClassVar[tuple[str, ...]] = ()

    @property
    def key(self) -> str:
        return self.made_from.key(self.asset)

    def changes(self, record: Record) -> list[str]:
        """What differs in the tables' inputs, code and settings."""
        known = record.metadata.get("made_from")
        if known is None:
            return ["inputs, code or settings changed"]
        now = self.made_from
        inputs = [f"{_NAMES.get(name, name)} changed" for name in differing(known["inputs"], now.inputs)]
        code = [] if known["version"] == now.version else [f"code version {known['version']} → {now.version}"]
        settings = [
            f"{_NAMES[name]} changed" if name in _NAMES else in_words(name, known["config"], now.config)
            for name in differing(known["config"], now.config)
        ]
        return [*inputs, *code, *settings]


def table_step(
    *,
    name: str,
    needs: Sequence[str],
    code: Sequence[str],
    write: Callable[[Project, str, DuckDBPyConnection], Mapping[str, Any]],
    tables: Sequence[str],
    config: Callable[[Project, str], Mapping[str, Any]] = lambda project, dataset: {},
    inputs: Callable[[Project, str], Mapping[str, str]] | None = None,
    **about: Any,
) -> Step:
    """A step that writes tables in one transaction, unless they are current.

    Args:
        write: fills the tables and returns metadata.
        tables: those whose content makes the data version; the first one's rows are counted.
        config: the settings that decide the content.
        inputs: name -> data version of what is read, that of `needs` unless given.
        about: further fields of the step.
    """

    def plan(project: Project, dataset: str) -> TablePlan:
        versions = inputs(project, dataset) if inputs else input_versions(project, dataset, needs)
        return TablePlan(name, MadeFrom(versions, code_version(code), config(project, dataset)))

    def make(work: Work) -> Outcome:
        project, dataset = work.project, work.dataset
        now = plan(project, dataset)
        known = project.warehouse.provenance(dataset, name)
        if known is not None and known.key == now.key:
            return Outcome(known.data_version, known.metadata, cached=True)
        with project.warehouse.writing(dataset) as connection:
            metadata = {
                **write(project, dataset, connection),
                "rows": scalar(connection, f"select count(*) from {identifier(tables[0])}"),
                "columns": columns(connection, tables[0]),
                "made_from": asdict(now.made_from),
            }
            data_version = step_key(tables={table: content_hash(connection, table) for table in tables})
            record(connection, name, now.key, data_version, metadata)
        return Outcome(data_version, metadata, cached=False)

    return Step(
        name=name,
        needs=tuple(needs),
        code=tuple(code),
        store="working",
        plan=lambda ledger: plan(ledger.project, ledger.dataset),
        make=make,
        **{"table": tables[0], **about},
    )
