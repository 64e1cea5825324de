"""Whether the model that a paper puts forward is ahead of the paper's baselines, by paired tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from recdag import words
from recdag.evaluation.metrics import larger_is_better, metric_title
from recdag.papers.paper import Paper
from recdag.report.result_tables import SIGNIFICANT
from recdag.report.tables import ResultTable
from recdag.report.verdicts.evidence import Unjudged, lacks_of

AHEAD, LEVEL, BEHIND = "ahead of", "level with", "behind"


@dataclass(frozen=True)
class Lead:
    """A paper's leading model beside the strongest baseline that the paper compares it with.

    Attributes:
        metric: the table's first.
        values: model -> value, of all that are named here.
        difference, p_value: of the lead from its rival; adjusted.
        variants: other models that the paper proposes; they are no rivals.
        better: models that the paper does not have and that are significantly better.
    """

    dataset: str
    metric: str
    model: str
    rival: str
    relation: str
    values: Mapping[str, float]
    difference: float
    p_value: float
    variants: tuple[str, ...]
    better: tuple[str, ...]


def lead_of(
    table: ResultTable, about: Paper | None, significance: pd.DataFrame, *, searchable: bool = True
) -> Lead | Unjudged | None:
    """How the paper's leading model stands, or why that cannot be said.

    None where the paper claims no lead or nothing has been tested.

    Args:
        significance: the published table of this name.
        searchable: as in `verdicts.lacks_of`.
    """
    if about is None or not about.lead:
        return None
    metric = table.metrics[0]
    values = {row.model: row.cells[0].value for row in table.headlines if row.cells[0]}
    tests = tests_of(significance, table, metric, about.lead)
    rivals = [model for model in about.baselines if model in tests and model in values]
    if not rivals or about.lead not in values:
        return None
    lacks = lacks_of(table, (about.lead, *rivals), searchable=searchable)
    if table.simulated or lacks:
        return Unjudged(table.dataset, (about.id,), () if table.simulated else lacks)
    sign = 1 if larger_is_better(metric) else -1
    rival = max(rivals, key=lambda model: sign * values[model])
    difference, p_value = tests[rival]
    relation = LEVEL
    if p_value < SIGNIFICANT:
        relation = AHEAD if sign * difference > 0 else BEHIND
    better = tuple(
        model
        for model in about.references
        if model in tests and model in values and tests[model][1] < SIGNIFICANT and sign * tests[model][0] < 0
    )
    variants = tuple(model for model in about.proposed if model in values and model != about.lead)
    return Lead(
        table.dataset, metric, about.lead, rival, relation, values, difference, p_value, variants, better
    )


def lead_sentence(lead: Lead) -> str:
    """How the lead stands, in words."""
    sentence = (
        f"On {lead.dataset} {lead.model} is {lead.relation} {lead.rival} in "
        f"{metric_title(lead.metric)} ({words.number(lead.values[lead.model])} against "
        f"{words.number(lead.values[lead.rival])}, difference {words.signed(lead.difference)}, "
        f"{words.probability(lead.p_value)}, adjusted)"
    )
    if lead.variants:
        sentence += f"; its own variants: {_with_values(lead, lead.variants)}"
    if lead.better:
        verb = "is" if len(lead.better) == 1 else "are"
        named = _with_values(lead, lead.better)
        sentence += f"; {named}, which the paper does not compare, {verb} ahead of it"
    return f"{sentence}."


def _with_values(lead: Lead, models: tuple[str, ...]) -> str:
    return words.listed([f"{model} ({words.number(lead.values[model])})" for model in models])


def tests_of(
    significance: pd.DataFrame, table: ResultTable, metric: str, lead: str
) -> dict[str, tuple[float, float]]:
    """Model -> the lead's difference from it, and its adjusted p-value."""
    here = significance[
        (significance["paper"] == table.paper)
        & (significance["dataset"] == table.dataset)
        & (significance["metric"] == metric)
        & (significance["model_a"] == lead)
    ]
    return dict(zip(here["model_b"], zip(here["difference"], here["p_adjusted"], strict=True), strict=True))
