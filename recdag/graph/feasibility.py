"""What cannot be done with a data set, known before anything is trained.

A paper is skipped where its protocol cannot be applied to the data or where they lack what it compares;
a model, where it looks at what they lack or where the machine that was to train it had not the memory, which
is noted beside its place: whoever asks later gets that answer, whatever memory they have. The rest goes on.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable
from pathlib import Path

from recdag.datasets.entry import Dataset
from recdag.errors import NotApplicable
from recdag.graph.machine_memory import available_bytes
from recdag.graph.project import Project
from recdag.graph.shared_splits import split_asset
from recdag.papers.catalogue import PAPERS
from recdag.recommenders.catalogue import model_spec
from recdag.recommenders.spec import ModelSpec
from recdag.warehouse.skipped_rows import read_skipped, write_skipped


def skipped_papers(dataset: Dataset) -> dict[str, str]:
    """Paper -> why it cannot be run, as far as the catalogue entry tells."""
    if dataset.supportive:
        return {}
    return {
        name: f"it compares models of several behaviours, and the data have one, {dataset.target}"
        for name, paper in PAPERS.items()
        if paper.needs_supportive
    }


def why_split_skipped(project: Project, dataset: str, protocol: str) -> str | None:
    """Why a protocol cannot be applied to a data set, None where it can or where it was not tried."""
    split = project.warehouse.provenance(dataset, split_asset(protocol))
    reason = split.metadata.get("skipped") if split else None
    return f"the protocol {protocol} cannot be applied: {reason}" if reason else None


def why_skipped(project: Project, dataset: str, paper: str, model: str | None = None) -> str | None:
    """Why a paper, or a model of it, is skipped on a data set; None where it is not."""
    return (
        skipped_papers(project.dataset(dataset)).get(paper)
        or why_split_skipped(project, dataset, PAPERS[paper].protocol)
        or (why_model_skipped(project, dataset, paper, model) if model else None)
    )


def skipped_assets(project: Project, dataset: str, papers: Iterable[str]) -> dict[str, str]:
    """Paper, or paper/model, -> why it is skipped."""
    reasons = {name: reason for name in papers if (reason := why_skipped(project, dataset, name))}
    models = [(name, model) for name in papers if name not in reasons for model in PAPERS[name].nodes]
    return reasons | {
        f"{name}/{model}": reason
        for name, model in models
        if (reason := why_model_skipped(project, dataset, name, model))
    }


def publish_skipped(project: Project, dataset: str, paper: str) -> dict[str, str]:
    """What of a paper is skipped, as from `skipped_assets`; the published file has it too, for the report."""
    reasons = skipped_assets(project, dataset, [paper])
    with project.published.reading() as connection:
        known = read_skipped(connection).get((dataset, paper), {})
    if reasons != known:
        with project.published.update() as connection:
            write_skipped(connection, dataset, paper, reasons)
    return reasons


def why_model_skipped(project: Project, dataset: str, paper: str, model: str) -> str | None:
    """Why a model has nothing to look at in the data, or why the machine that was to train it could not; None
    where it was trained or not tried."""
    entry = project.dataset(dataset)
    if model_spec(model).needs_supportive and not entry.supportive:
        return f"it looks at other behaviours, and the data have one, {entry.target}"
    note = _note(project, dataset, paper, model)
    return note.read_text(encoding="utf-8") if note.exists() else None


def not_skipped(project: Project, dataset: str, paper: str, models: Iterable[str]) -> tuple[str, ...]:
    """Those of some models of a paper that were not skipped."""
    return tuple(model for model in models if why_model_skipped(project, dataset, paper, model) is None)


def note_skipped(project: Project, dataset: str, paper: str, model: str, reason: str | None) -> None:
    """Keep why a model cannot be trained here; None: it was trained."""
    note = _note(project, dataset, paper, model)
    if reason is None:
        note.unlink(missing_ok=True)
    else:
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(reason, encoding="utf-8")


def _note(project: Project, dataset: str, paper: str, model: str) -> Path:
    return project.trained(dataset, paper, model).with_name(f"{model}.skipped.txt")


def require_memory(spec: ModelSpec, users: int, items: int) -> None:
    """Before a model is trained on a matrix of users and items.

    Raises:
        NotApplicable: this machine has not the memory for it at present.
    """
    needed = 4 * spec.gram_matrices * min(users, items) * items
    if needed > (there := available_bytes()):
        raise NotApplicable(
            f"with {users:,} users and {items:,} items it needs {needed / 1e9:,.1f} GB of memory, of which "
            f"{there / 1e9:,.1f} were free on {platform.node()}",
            cure="To leave out rare items, set min_item_interactions in the catalogue entry",
        )
