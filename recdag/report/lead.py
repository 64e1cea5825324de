"""Whether the model that a paper puts forward is ahead, by paired tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from recdag.report import wording
from recdag.report.results import SIGNIFICANT
from recdag.report.tables import PaperLike, ResultTable, lower_is_better

AHEAD, LEVEL, BEHIND = "ahead of", "level with", "behind"


@dataclass(frozen=True)
class Lead:
    """A paper's leading model beside the strongest other one that the paper compares.

    Attributes:
        metric: the table's first.
        values: model -> value, of all that are named here.
        difference, p_value: of the lead from its rival; adjusted.
        better: models that the paper does not have and that are significantly better.
    """

    dataset: str
    metric: str
    model: str
    rival: str
    standing: str
    values: Mapping[str, float]
    difference: float
    p_value: float
    better: tuple[str, ...]


def lead_of(table: ResultTable, about: PaperLike | None, significance: pd.DataFrame) -> Lead | None:
    """How the paper's leading model stands; None where the paper claims no lead or nothing has been tested.

    Args:
        significance: the published table of this name.
    """
    if about is None or not about.lead:
        return None
    metric = table.metrics[0]
    values = {row.model: row.cells[0].value for row in table.headlines if row.cells[0]}
    tests = tests_of(significance, table, metric, about.lead)
    rivals = [model for model in about.models if model in tests and model in values]
    if not rivals or about.lead not in values:
        return None
    sign = -1 if lower_is_better(metric) else 1
    rival = max(rivals, key=lambda model: sign * values[model])
    difference, p_value = tests[rival]
    standing = LEVEL
    if p_value < SIGNIFICANT:
        standing = AHEAD if sign * difference > 0 else BEHIND
    better = tuple(
        model
        for model in about.references
        if model in tests and model in values and tests[model][1] < SIGNIFICANT and sign * tests[model][0] < 0
    )
    return Lead(table.dataset, metric, about.lead, rival, standing, values, difference, p_value, better)


def lead_sentence(lead: Lead) -> str:
    """How the lead stands, in words."""
    sentence = (
        f"On {lead.dataset} {lead.model} is {lead.standing} {lead.rival} in "
        f"{wording.metric_name(lead.metric)} ({wording.number(lead.values[lead.model])} against "
        f"{wording.number(lead.values[lead.rival])}, difference {wording.signed(lead.difference)}, "
        f"{wording.probability(lead.p_value)}, adjusted)"
    )
    if lead.better:
        verb = "is" if len(lead.better) == 1 else "are"
        named = wording.listed([f"{model} ({wording.number(lead.values[model])})" for model in lead.better])
        sentence += f"; {named}, which the paper does not compare, {verb} ahead of it"
    return f"{sentence}."


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
