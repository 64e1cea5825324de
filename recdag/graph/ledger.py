"""What has been made of a data set, and from what, wherever that is recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from recdag.errors import NotMade
from recdag.graph.model_folder import Card
from recdag.graph.project import Project
from recdag.graph.step import Step
from recdag.warehouse.lookups import recorded_keys

Recorded = Mapping[tuple[str, str], str]
"""(data set, asset) -> key, of everything in the published file."""


@dataclass(frozen=True)
class Record:
    """How the stored state of an asset came to be.

    Attributes:
        key: that of what it was made from.
        metadata: what was told when it was made.
        card: of a trained model.
    """

    key: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    card: Card | None = None


@dataclass(frozen=True)
class Ledger:
    """The records of one data set, or of what all share where `dataset` is empty."""

    project: Project
    dataset: str

    @cached_property
    def recorded(self) -> Recorded:
        with self.project.published.reading() as connection:
            return recorded_keys(connection)

    def result(self, asset: str) -> str | None:
        """The key of an asset in the published file."""
        return self.recorded.get((self.dataset, asset))

    def card(self, paper: str, model: str) -> Card | None:
        """The card of a trained model.

        Raises:
            RecdagError: it is damaged.
        """
        return Card.read(self.project.trained(self.dataset, paper, model))

    def find(self, step: Step) -> Record | None:
        """The record of an asset, None where it has not been made or is away."""
        match step.store:
            case "files":
                return Record("") if self.project.at_hand(self.dataset) else None
            case "working":
                table = self.project.warehouse.provenance(self.dataset, step.name)
                return Record(table.key, table.metadata) if table else None
            case "model":
                card = self.card(*step.name.split("/"))
                return Record(card.key, card=card) if card else None
            case "page":
                key = written_page(self.project.settings.report)
            case "published":
                key = self.result(step.name)
        return Record(key) if key else None

    def is_lost(self, step: Step) -> bool:
        """Whether an asset that is not found must have been there."""
        return step.store in ("files", "page") or (
            step.store == "model" and self.result(step.name) is not None
        )


def written_page(page: Path) -> str | None:
    """The key of the page that there is; None where there is none."""
    stamp = page.with_suffix(".key")
    return stamp.read_text() if page.exists() and stamp.exists() else None


def input_versions(project: Project, dataset: str, assets: Sequence[str]) -> dict[str, str]:
    """The data versions of the assets a step reads from the warehouse.

    Raises:
        NotMade: one of them has not been made yet.
    """
    versions = {}
    for asset in assets:
        provenance = project.warehouse.provenance(dataset, asset)
        if provenance is None:
            raise NotMade(
                f"{asset} of data set {dataset!r} has not been made yet",
                cure=f"Materialize it first: recdag run --dataset {dataset} --select +{asset}",
            )
        versions[asset] = provenance.data_version
    return versions
