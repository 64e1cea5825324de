"""Checks that stop a run where going on would waste hours or print wrong numbers."""

import warnings
from collections.abc import Callable, Sequence
from functools import partial

import dagster as dg

from recdag.evaluation.protocols import PROTOCOLS
from recdag.orchestration.resources import ProjectResource
from recdag.papers.catalogue import PAPERS
from recdag.pipeline import verification
from recdag.pipeline.project import Project
from recdag.pipeline.verification import Verdict

# Dagster calls partitioned checks a preview; its version is pinned.
warnings.filterwarnings("ignore", category=dg.PreviewWarning)


def _check(
    asset: str | Sequence[str],
    name: str,
    description: str,
    partitions: dg.PartitionsDefinition,
    verify: Callable[[Project, str], Verdict],
    blocking: bool = True,
) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=asset, name=name, description=description, blocking=blocking, partitions_def=partitions
    )
    def check(context: dg.AssetCheckExecutionContext, project: ProjectResource) -> dg.AssetCheckResult:
        verdict = verify(project.open(), context.partition_key)
        return dg.AssetCheckResult(
            passed=verdict.passed, description=verdict.explanation, metadata=verdict.metadata
        )

    return check


def asset_checks(partitions: dg.PartitionsDefinition) -> list[dg.AssetChecksDefinition]:
    """All checks, partitioned like the assets they look at."""
    sizes = _check(
        "events",
        "expected_size",
        "Users, items and events as the data set's owner or the papers state them.",
        partitions,
        verification.expected_size,
        blocking=False,
    )
    leaks = [
        _check(
            ["splits", protocol],
            "no_test_pair_in_training",
            "No held-out pair of a user is among the pairs a model may learn from in that fold.",
            partitions,
            partial(verification.no_leak, protocol=protocol),
        )
        for protocol in PROTOCOLS
    ]
    metrics = [
        _check(
            [paper, "evaluation"],
            "plausible_metrics",
            "Every metric is finite and within its range, and every model has all of them.",
            partitions,
            partial(verification.plausible_metrics, paper=paper),
        )
        for paper in PAPERS
    ]
    return [sizes, *leaks, *metrics]
