"""How the data sets of a project stand, and what they share."""

from __future__ import annotations

from collections.abc import Sequence

from recdag.errors import RecdagError
from recdag.graph.comparison import EVERYWHERE, comparison_key, report_key, written_report
from recdag.graph.inspection import Inspection, Recorded
from recdag.graph.snapshot import Snapshot
from recdag.graph.standing import Standing, Status
from recdag.warehouse.queries import recorded_keys


def project_status(project: Snapshot, datasets: Sequence[str] | None = None) -> list[Status]:
    """One status a data set that has something stored, its files at hand or a damaged entry; last, what
    all share.

    Raises:
        ConfigError: one of `datasets` is unknown.
        DataError: the published file cannot be read.
    """
    with project.published.reading() as connection:
        recorded = recorded_keys(connection)
    names = list(datasets) if datasets is not None else sorted(project.catalogue)
    found = [dataset_status(project, name, recorded) for name in names]
    if datasets is None:
        found = [each for each in found if each.made or project.at_hand(each.dataset)]
    settled = all(each.current for each in found if each.made)
    damaged = {} if datasets is not None else project.catalogue.damaged
    found += [Status(name, problem=f"its entry is damaged: {damaged[name]}") for name in sorted(damaged)]
    return [*found, *shared_status(project, recorded, settled)]


def dataset_status(project: Snapshot, dataset: str, recorded: Recorded) -> Status:
    """How the assets of one data set stand.

    Args:
        recorded: keys of the published file.
    """
    project.dataset(dataset)
    if not project.warehouse.path(dataset).exists():
        return Status(dataset, made=False)
    try:
        return Status(dataset, tuple(Inspection(project, dataset, recorded).run()))
    except RecdagError as error:
        return Status(dataset, problem=str(error))


def shared_status(project: Snapshot, recorded: Recorded, settled: bool) -> list[Status]:
    """How comparison and report stand; nothing where there is nothing to compare.

    Args:
        settled: no data set has anything to compute.
    """
    if not recorded:
        return []
    key = recorded.get(EVERYWHERE)
    comparison = _shared("comparison", key, comparison_key(project, recorded), settled)
    settled = comparison.state == "current"
    return [
        Status(
            "",
            (comparison, _shared("report", written_report(project), report_key(project, recorded), settled)),
        )
    ]


def _shared(asset: str, known: str | None, key: str, settled: bool) -> Standing:
    if known is None:
        return Standing(asset, "missing")
    if known != key:
        return Standing(asset, "stale", ("results changed",))
    return Standing(asset, "current" if settled else "follows")
