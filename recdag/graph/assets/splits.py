"""One split a protocol, read by every model that is measured under it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from recdag.evaluation.protocols import PROTOCOLS, Protocol
from recdag.graph import checks
from recdag.graph.anchors import popularity_anchor
from recdag.graph.project import Project
from recdag.graph.shared_splits import split_asset, split_config, write_assignment
from recdag.graph.step import Check, Step
from recdag.graph.table_steps import table_step


def steps(project: Project) -> Iterator[Step]:
    """One a protocol."""
    yield from map(split_step, PROTOCOLS.values())


def split_step(protocol: Protocol) -> Step:
    """The split of a protocol."""
    rules = protocol.name
    return table_step(
        name=split_asset(rules),
        needs=("interactions", "binarized"),
        group="splits",
        kinds=frozenset({"duckdb", "numpy"}),
        description=f"{protocol.description} Every model measured under `{rules}` reads this split.",
        tags={"candidates": "sampled" if protocol.samples_candidates else "all"},
        code=(protocol.assign.__module__, "recdag.warehouse.split_tables"),
        config=partial(split_config, protocol=rules),
        write=partial(write_assignment, protocol=rules),
        tables=(f"split_{rules}", *((f"candidates_{rules}",) if protocol.samples_candidates else ())),
        origins={
            "user_id": (("binarized", "user_id"),),
            "item_id": (("binarized", "item_id"),),
            "part": (("binarized", "last_time"),),
            "weight": (("binarized", "strength"),),
        },
        checks=(
            Check(
                "no_test_pair_in_training",
                "No held-out pair of a user is among the pairs a model may learn from in that fold.",
                partial(checks.no_leak, protocol=rules),
            ),
            Check(
                "expected_size",
                "Users, items and pairs left by the protocol's filters, as the papers state them.",
                partial(checks.expected_split_size, protocol=rules),
                blocking=False,
            ),
            Check(
                "popularity_anchor",
                "Recommending by popularity gives what others have published for it, where they have.",
                partial(popularity_anchor, protocol=rules),
            ),
        ),
    )
