"""Which papers' claims hold on a split that is none of theirs, by paired tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from recdag import words
from recdag.evaluation.metrics import larger_is_better, metric_title
from recdag.papers.paper import Paper
from recdag.report.result_tables import SIGNIFICANT
from recdag.report.tables import ResultTable
from recdag.report.verdicts.evidence import Unjudged, lacks_of
from recdag.report.verdicts.lead import tests_of

SURVIVES, UNDECIDED, FAILS = "survives", "is undecided", "does not survive"
NOT_JUDGED = "cannot be judged yet"
_PLURAL = {
    SURVIVES: "survive",
    UNDECIDED: "are undecided",
    FAILS: "do not survive",
    NOT_JUDGED: "cannot be judged yet",
}
_MOST_NAMED = 3


@dataclass(frozen=True)
class Against:
    """A model that a paper compares: how far the paper's leading model is from it, and the adjusted p."""

    model: str
    difference: float
    p_value: float


@dataclass(frozen=True)
class Survival:
    """A paper's leading model beside the baselines that the paper compares it with.

    Attributes:
        dataset, metric: where and by what it was tested.
        model, value: the leading model and what it reached.
        ahead, level, behind: the models from which it differs significantly for the better, not
            significantly, and significantly for the worse; the furthest first.
        variants: other models that the paper proposes; they are no rivals.
    """

    dataset: str
    metric: str
    paper: str
    model: str
    value: float
    ahead: tuple[Against, ...]
    level: tuple[Against, ...]
    behind: tuple[Against, ...]
    variants: tuple[Against, ...]

    @property
    def outcome(self) -> str:
        """A claim survives where its model is ahead of all; one model ahead of it is enough to refute it."""
        return FAILS if self.behind else UNDECIDED if self.level else SURVIVES

    @property
    def compared(self) -> tuple[str, ...]:
        """The leading model and its rivals."""
        return (self.model, *(rival.model for rival in (*self.ahead, *self.level, *self.behind)))


@dataclass(frozen=True)
class Survivals:
    """What a table of models of all papers says about each paper's claim.

    Attributes:
        judged: the claims that can be judged; unjudged: the others, None where there are none.
    """

    judged: tuple[Survival, ...] = ()
    unjudged: Unjudged | None = None


def survivals_of(
    table: ResultTable,
    papers: Mapping[str, Paper],
    significance: pd.DataFrame,
    *,
    searchable: bool = True,
) -> Survivals:
    """Whose claims survive, and whose cannot be judged; nothing for a paper's own table.

    Args:
        papers: in the order wanted.
        significance: the published table of this name.
        searchable: as in `verdicts.lacks_of`.
    """
    about = papers.get(table.paper)
    if about is None or about.lead:
        return Survivals()
    judged: list[Survival] = []
    unjudged: list[str] = []
    concerned: list[str] = []
    for survival in _tested(table, papers, significance):
        models = survival.compared
        if table.simulated or lacks_of(table, models, searchable=searchable):
            unjudged.append(survival.paper)
            concerned += models
        else:
            judged.append(survival)
    if not unjudged:
        return Survivals(tuple(judged))
    lacks = () if table.simulated else lacks_of(table, concerned, searchable=searchable)
    return Survivals(tuple(judged), Unjudged(table.dataset, tuple(unjudged), lacks))


def _tested(
    table: ResultTable, papers: Mapping[str, Paper], significance: pd.DataFrame
) -> Iterator[Survival]:
    sign = 1 if larger_is_better(table.metrics[0]) else -1
    values = {row.model: row.cells[0].value for row in table.headlines if row.cells[0]}
    for paper in papers.values():
        tests = tests_of(significance, table, table.metrics[0], paper.lead)
        measured = [
            Against(model, *tests[model]) for model in paper.models if model in tests and model in values
        ]
        measured.sort(key=lambda other: -abs(other.difference))
        rivals = [other for other in measured if other.model in paper.baselines]
        if not rivals or paper.lead not in values:
            continue
        different = [rival for rival in rivals if rival.p_value < SIGNIFICANT]
        yield Survival(
            table.dataset,
            table.metrics[0],
            paper.id,
            paper.lead,
            values[paper.lead],
            ahead=tuple(rival for rival in different if sign * rival.difference > 0),
            level=tuple(rival for rival in rivals if rival.p_value >= SIGNIFICANT),
            behind=tuple(rival for rival in different if sign * rival.difference < 0),
            variants=tuple(other for other in measured if other not in rivals),
        )


def survival_summary(survivals: Survivals) -> str:
    """Which claims survive on a data set, which do not and which cannot be judged yet.

    Empty where nothing was tested, and on simulated data.
    """
    said = [
        _claims([each.paper for each in mine], outcome) for outcome, mine in _by_outcome(survivals.judged)
    ]
    places = [each.dataset for each in survivals.judged]
    if survivals.unjudged and survivals.unjudged.lacks:
        said.append(_claims(survivals.unjudged.papers, NOT_JUDGED))
        places.append(survivals.unjudged.dataset)
    return f"on {places[0]} {words.listed(said)}" if said else ""


def survival_sentence(survivals: Sequence[Survival]) -> str:
    """Which claims survive and which do not, with the models that decide it; empty where none was judged."""
    if not survivals:
        return ""
    said = "; ".join(
        _claims([f"{each.paper} ({_reason(each)})" for each in mine], outcome)
        for outcome, mine in _by_outcome(survivals)
    )
    first = survivals[0]
    return f"On {first.dataset}, by {metric_title(first.metric)}, {said}."


def _claims(whose: Sequence[str], outcome: str) -> str:
    one = len(whose) == 1
    return f"the claim{'' if one else 's'} of {words.listed(whose)} {outcome if one else _PLURAL[outcome]}"


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
    return words.listed(names)
