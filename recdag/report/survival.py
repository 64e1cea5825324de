"""Which papers' claims hold on a split that is none of theirs, by paired tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from recdag.report import wording
from recdag.report.lead import tests_of
from recdag.report.results import SIGNIFICANT
from recdag.report.tables import PaperLike, ResultTable, lower_is_better

SURVIVES, UNDECIDED, FAILS = "survives", "is undecided", "does not survive"
_PLURAL = {SURVIVES: "survive", UNDECIDED: "are undecided", FAILS: "do not survive"}
_MOST_NAMED = 3


@dataclass(frozen=True)
class Against:
    """A model that a paper compares: how far the paper's leading model is from it, and the adjusted p."""

    model: str
    difference: float
    p_value: float


@dataclass(frozen=True)
class Survival:
    """A paper's leading model beside all models that the paper compares with it.

    Attributes:
        dataset, metric: where and by what it was tested.
        model, value: the leading model and what it reached.
        ahead, level, behind: the models from which it differs significantly for the better, not
            significantly, and significantly for the worse; the furthest first.
    """

    dataset: str
    metric: str
    paper: str
    model: str
    value: float
    ahead: tuple[Against, ...]
    level: tuple[Against, ...]
    behind: tuple[Against, ...]

    @property
    def outcome(self) -> str:
        """A claim survives where its model is ahead of all; one model ahead of it is enough to refute it."""
        return FAILS if self.behind else UNDECIDED if self.level else SURVIVES


def survivals_of(
    table: ResultTable, papers: Mapping[str, PaperLike], significance: pd.DataFrame
) -> tuple[Survival, ...]:
    """What a table of models of all papers says about each paper's claim; empty for a paper's own table.

    Args:
        papers: in the order wanted.
        significance: the published table of this name.
    """
    about = papers.get(table.paper)
    if about is None or about.lead:
        return ()
    sign = -1 if lower_is_better(table.metrics[0]) else 1
    values = {row.model: row.cells[0].value for row in table.headlines if row.cells[0]}
    found = []
    for paper in papers.values():
        tests = tests_of(significance, table, table.metrics[0], paper.lead)
        rivals = [
            Against(model, *tests[model]) for model in paper.models if model in tests and model in values
        ]
        if not rivals or paper.lead not in values:
            continue
        rivals.sort(key=lambda rival: -abs(rival.difference))
        different = [rival for rival in rivals if rival.p_value < SIGNIFICANT]
        found.append(
            Survival(
                table.dataset,
                table.metrics[0],
                paper.id,
                paper.lead,
                values[paper.lead],
                ahead=tuple(rival for rival in different if sign * rival.difference > 0),
                level=tuple(rival for rival in rivals if rival.p_value >= SIGNIFICANT),
                behind=tuple(rival for rival in different if sign * rival.difference < 0),
            )
        )
    return tuple(found)


def survival_summary(survivals: Sequence[Survival]) -> str:
    """Which claims survive on a data set and which do not; empty where nothing was tested."""
    groups = _by_outcome(survivals)
    said = [_claims([each.paper for each in mine], outcome) for outcome, mine in groups]
    return f"on {survivals[0].dataset} {wording.listed(said)}" if said else ""


def survival_sentence(survivals: Sequence[Survival]) -> str:
    """Which claims survive and which do not, with the models that decide it."""
    if not survivals:
        return ""
    said = "; ".join(
        _claims([f"{each.paper} ({_reason(each)})" for each in mine], outcome)
        for outcome, mine in _by_outcome(survivals)
    )
    first = survivals[0]
    return f"On {first.dataset}, by {wording.metric_name(first.metric)}, {said}."


def _claims(whose: Sequence[str], outcome: str) -> str:
    one = len(whose) == 1
    return f"the claim{'' if one else 's'} of {wording.listed(whose)} {outcome if one else _PLURAL[outcome]}"


def _by_outcome(survivals: Sequence[Survival]) -> list[tuple[str, list[Survival]]]:
    groups = [(name, [each for each in survivals if each.outcome == name]) for name in _PLURAL]
    return [(name, mine) for name, mine in groups if mine]


def _reason(survival: Survival) -> str:
    if survival.behind:
        return f"{survival.model} is behind {_named(survival.behind)}"
    if survival.level:
        return f"{survival.model} is level with {_named(survival.level)}"
    return f"{survival.model} is ahead of {_named(survival.ahead)}"


def _named(rivals: Sequence[Against]) -> str:
    names = [rival.model for rival in rivals]
    if len(names) > _MOST_NAMED + 1:
        names = [*names[:_MOST_NAMED], f"{len(names) - _MOST_NAMED} others"]
    return wording.listed(names)
