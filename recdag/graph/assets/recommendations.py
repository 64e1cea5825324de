"""Top lists of everybody, as a table people can use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from recdag.errors import NotMade
from recdag.graph.feasibility import why_skipped
from recdag.graph.launch_settings import DEFAULT_MODELS, RecommendationsLaunch
from recdag.graph.ledger import Ledger
from recdag.graph.previews import published_rows
from recdag.graph.project import Project
from recdag.graph.published_lists import (
    ASSET,
    CODE,
    publish_recommendations,
    recommendations_key,
    why_lists_skipped,
)
from recdag.graph.step import KeyedPlan, Outcome, Shown, Step, Work
from recdag.serving.service import TOP

_PAPER = "benchmark"


def steps(project: Project) -> Iterator[Step]:
    """The one."""
    yield Step(
        name=ASSET,
        needs=(f"{_PAPER}/evaluation",),
        reads=(*DEFAULT_MODELS, "interactions", "binarized"),
        group=_PAPER,
        kinds=frozenset({"duckdb", "torch"}),
        description="What the chosen models recommend to every user, with titles and scores. Nothing that a "
        "user has is recommended. Choose models in the Launchpad (`benchmark/ease` by default); fills the "
        "table `recommendations` of `data/recdag.duckdb`.",
        code=CODE,
        store="published",
        plan=_plan,
        skipped=_skipped,
        make=_publish,
        settings=lambda project: RecommendationsLaunch,
        table=ASSET,
        origins={
            "user_key": (("interactions", "user_id"),),
            "item_key": (("interactions", "item_id"),),
            "title": (("interactions", "item_id"),),
        },
        preview=_preview,
    )


def _plan(ledger: Ledger) -> KeyedPlan:
    """What decides the lists of the models that nobody has chosen."""
    cards = {name: card for name in DEFAULT_MODELS if (card := ledger.card(*name.split("/")))}
    if len(cards) < len(DEFAULT_MODELS):
        raise NotMade(f"after {', '.join(set(DEFAULT_MODELS) - set(cards))}")
    key = recommendations_key(ledger.project, ledger.dataset, cards, TOP)
    return KeyedPlan(key, f"not the lists of {', '.join(DEFAULT_MODELS)} as it is now")


def _skipped(ledger: Ledger) -> str | None:
    skipped = [
        name for name in DEFAULT_MODELS if why_skipped(ledger.project, ledger.dataset, *name.split("/"))
    ]
    return f"{', '.join(skipped)} is skipped" if skipped else None


def _publish(work: Work) -> Outcome:
    launch = work.settings or RecommendationsLaunch()
    reason = why_skipped(work.project, work.dataset, _PAPER)
    if reason := reason or why_lists_skipped(work.project, work.dataset, launch.models):
        return Outcome.of_skipped(reason)
    return publish_recommendations(work.project, work.dataset, launch.models, launch.top)


def _preview(work: Work, outcome: Outcome) -> Mapping[str, Shown]:
    return {"dagster/row_count": published_rows(work.project, ASSET, dataset=work.dataset)}
