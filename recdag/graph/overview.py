"""How the data sets of a project stand, and what they share."""

from __future__ import annotations

from collections.abc import Sequence

from recdag.errors import RecdagError
from recdag.graph.asset_status import AssetStatus, DatasetStatus, asset_statuses
from recdag.graph.assets import graph
from recdag.graph.ledger import Ledger
from recdag.graph.snapshot import Snapshot


def project_status(project: Snapshot, datasets: Sequence[str] | None = None) -> list[DatasetStatus]:
    """One status a data set that has something stored, its files at hand or a damaged entry; last, what
    all share.

    Raises:
        ConfigError: one of `datasets` is unknown.
        DataError: the published file cannot be read.
    """
    names = list(datasets) if datasets is not None else sorted(project.catalogue)
    statuses = [dataset_status(project, name) for name in names]
    if datasets is None:
        statuses = [each for each in statuses if each.made or project.at_hand(each.dataset)]
    settled = all(each.current for each in statuses if each.made)
    damaged = {} if datasets is not None else project.catalogue.damaged
    statuses += [
        DatasetStatus(name, problem=f"its entry is damaged: {damaged[name]}") for name in sorted(damaged)
    ]
    return [*statuses, *_shared_status(project, settled)]


def dataset_status(project: Snapshot, dataset: str) -> DatasetStatus:
    """How the assets of one data set stand."""
    project.dataset(dataset)
    if not project.warehouse.path(dataset).exists():
        return DatasetStatus(dataset, made=False)
    steps = [step for step in graph(project).values() if not step.shared]
    try:
        return DatasetStatus(dataset, tuple(asset_statuses(steps, Ledger(project, dataset))))
    except RecdagError as error:
        return DatasetStatus(dataset, problem=str(error))


def _shared_status(project: Snapshot, settled: bool) -> list[DatasetStatus]:
    """How the assets that gather the results of all data sets stand; nothing where there are no results.

    Args:
        settled: no data set has anything to compute.
    """
    ledger = Ledger(project, "")
    if not ledger.recorded:
        return []
    statuses = []
    for step in graph(project).values():
        if not step.shared:
            continue
        (status,) = asset_statuses([step], ledger)
        if status.state == "not made":
            status = AssetStatus(step.name, "missing")
        elif status.state == "current" and not settled:
            status = AssetStatus(step.name, "follows")
        settled = status.state == "current"
        statuses.append(status)
    return [DatasetStatus("", tuple(statuses))]
