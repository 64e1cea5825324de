"""Whether the model that a paper puts forward is ahead, by paired tests."""

from __future__ import annotations

import pandas as pd

from recdag.report import wording
from recdag.report.results import SIGNIFICANT
from recdag.report.tables import PaperLike, ResultTable, lower_is_better


def lead_sentence(table: ResultTable, about: PaperLike | None, significance: pd.DataFrame) -> str:
    """The paper's leading model beside the strongest other one that the paper compares, in words.

    By the table's first metric. Models that the paper does not have are named where they are
    significantly better. Empty where the paper claims no lead or nothing has been tested.

    Args:
        significance: the published table of this name.
    """
    if about is None or not about.lead:
        return ""
    metric = table.metrics[0]
    values = {row.model: row.cells[0].value for row in table.headlines if row.cells[0]}
    tests = _tests(significance, table, metric, about.lead)
    rivals = [model for model in about.models if model in tests and model in values]
    if not rivals or about.lead not in values:
        return ""
    sign = -1 if lower_is_better(metric) else 1
    rival = max(rivals, key=lambda model: sign * values[model])
    difference, p_value = tests[rival]
    standing = "level with"
    if p_value < SIGNIFICANT:
        standing = "ahead of" if sign * difference > 0 else "behind"
    sentence = (
        f"On {table.dataset} {about.lead} is {standing} {rival} in {wording.metric_name(metric)} "
        f"({wording.number(values[about.lead])} against {wording.number(values[rival])}, difference "
        f"{wording.signed(difference)}, {wording.probability(p_value)}, adjusted)"
    )
    better = [
        f"{model} ({wording.number(values[model])})"
        for model in about.references
        if model in tests and model in values and tests[model][1] < SIGNIFICANT and sign * tests[model][0] < 0
    ]
    if better:
        verb = "is" if len(better) == 1 else "are"
        sentence += f"; {wording.listed(better)}, which the paper does not compare, {verb} ahead of it"
    return f"{sentence}."


def _tests(
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
