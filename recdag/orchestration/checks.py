"""Checks that stop a run where going on would waste hours or print wrong numbers."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import dagster as dg

from recdag.evaluation.protocols import PROTOCOLS
from recdag.graph import checks as rules
from recdag.graph.anchors import popularity_anchor
from recdag.graph.checks import Verdict
from recdag.graph.freshness import results_current
from recdag.graph.project import Project
from recdag.orchestration.resources import ProjectResource
from recdag.orchestration.steps import user_errors
from recdag.papers.catalogue import PAPERS

# Dagster calls partitioned checks a preview; its version is pinned.
warnings.filterwarnings("ignore", category=dg.PreviewWarning)

FINITE_WEIGHTS = "finite_weights"


@dataclass(frozen=True)
class Rule:
    """What has to hold of an asset.

    Attributes:
        verify: given the project, and the data set where the asset has one a partition.
        blocking: where it does not hold, nothing below the asset is made.
    """

    name: str
    description: str
    verify: Callable[..., Verdict]
    blocking: bool = True


def _checks(
    key: Sequence[str], rules: Sequence[Rule], partitions: dg.PartitionsDefinition | None
) -> dg.AssetChecksDefinition:
    """The checks of one asset, in one step: a step costs more than most checks."""

    @dg.multi_asset_check(
        name="_".join([*key, "checks"]),
        specs=[
            dg.AssetCheckSpec(
                rule.name,
                asset=key,
                description=rule.description,
                blocking=rule.blocking,
                partitions_def=partitions,
            )
            for rule in rules
        ],
    )
    def checks(
        context: dg.AssetCheckExecutionContext, project: ProjectResource
    ) -> Iterator[dg.AssetCheckResult]:
        scope = [context.partition_key] if partitions else []
        for rule in rules:
            with user_errors():
                verdict = rule.verify(project.open(), *scope)
            yield _result(rule.name, verdict, key)

    return checks


def _result(name: str, verdict: Verdict, key: Sequence[str] | None = None) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=name,
        asset_key=dg.AssetKey(key) if key else None,
        passed=verdict.passed,
        description=verdict.explanation,
        metadata=verdict.metadata,
    )


def weights_spec(paper: str, model: str, partitions: dg.PartitionsDefinition) -> dg.AssetCheckSpec:
    """The check that a model's own step makes of its weights."""
    return dg.AssetCheckSpec(
        FINITE_WEIGHTS,
        asset=[paper, model],
        description="The weights of every fold are there, can be read and are finite.",
        blocking=True,
        partitions_def=partitions,
    )


def check_weights(project: Project, dataset: str, paper: str, model: str) -> dg.AssetCheckResult:
    """The result that belongs to `weights_spec`."""
    return _result(FINITE_WEIGHTS, rules.finite_weights(project, dataset, paper, model))


_EVENTS = Rule(
    "expected_size",
    "Users, items and events as the data set's owner or the papers state them.",
    rules.expected_size,
    blocking=False,
)
_INTERACTIONS = Rule(
    "no_duplicates",
    "A user, item and behaviour is one row, and all rows have users and items that exist.",
    rules.no_duplicates,
)
_TABLES = Rule(
    "published_schema",
    "The tables of data/recdag.duckdb have their columns and types, and no row twice.",
    rules.published_schema,
)


def _split_rules(protocol: str) -> list[Rule]:
    return [
        Rule(
            "no_test_pair_in_training",
            "No held-out pair of a user is among the pairs a model may learn from in that fold.",
            partial(rules.no_leak, protocol=protocol),
        ),
        Rule(
            "expected_size",
            "Users, items and pairs left by the protocol's filters, as the papers state them.",
            partial(rules.expected_split_size, protocol=protocol),
            blocking=False,
        ),
        Rule(
            "popularity_anchor",
            "Recommending by popularity gives what others have published for it, where they have.",
            partial(popularity_anchor, protocol=protocol),
        ),
    ]


def _evaluation_rules(paper: str) -> list[Rule]:
    return [
        Rule(
            "plausible_metrics",
            "Every metric is finite and within its range, and every model has all of them.",
            partial(rules.plausible_metrics, paper=paper),
        ),
        Rule(
            "results_current",
            "The rows are those that recipes, code and data of this moment would give; where not, says why.",
            partial(results_current, paper=paper),
            blocking=False,
        ),
    ]


def asset_checks(partitions: dg.PartitionsDefinition) -> list[dg.AssetChecksDefinition]:
    """All checks with steps of their own, partitioned like the assets they look at."""
    return [
        _checks(["events"], [_EVENTS], partitions),
        _checks(["interactions"], [_INTERACTIONS], partitions),
        *(_checks(["splits", protocol], _split_rules(protocol), partitions) for protocol in PROTOCOLS),
        *(_checks([paper, "evaluation"], _evaluation_rules(paper), partitions) for paper in PAPERS),
        _checks(["comparison"], [_TABLES], None),
    ]
