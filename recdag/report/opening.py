"""What came out for each paper, in a sentence, for the top of the page."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from recdag.report import wording
from recdag.report.lead import AHEAD, BEHIND, LEVEL, Lead
from recdag.report.survival import Survival, survival_summary
from recdag.report.tables import PaperLike, ResultTable

_COMPARED = ("reproduced", "higher", "lower")


def opening_sentence(
    about: PaperLike | None,
    claims: pd.DataFrame,
    leads: Sequence[Lead],
    tables: Sequence[ResultTable],
    survivals: Sequence[Sequence[Survival]] = (),
) -> str:
    """How a paper's numbers fared and whether its lead holds; on a split for all, whose claim survives.

    Args:
        claims: the paper's rows of the published table.
        leads: one a data set on which it was tested.
        tables: the paper's results.
        survivals: what each of the tables says about the claims of other papers.
    """
    said = [_numbers(claims)] if len(claims) else [_winner(table) for table in tables]
    if about is not None and about.lead:
        said = ["; ".join(filter(None, [*said, _lead(about.lead, leads)]))]
    said += map(survival_summary, survivals)
    return " ".join(f"{each[0].upper()}{each[1:]}." for each in said if each) or "Nothing has been run yet."


def _numbers(claims: pd.DataFrame) -> str:
    compared = claims[claims["verdict"].isin(_COMPARED)]
    if compared.empty:
        return f"none of its {len(claims)} published numbers has been measured"
    counts = compared["verdict"].value_counts()
    fared = wording.listed([f"{counts[name]} {name}" for name in _COMPARED if name in counts])
    where = wording.listed(list(dict.fromkeys(compared["dataset"])))
    return f"of {len(claims)} published numbers {len(compared)} have been measured, on {where}: {fared}"


def _lead(model: str, leads: Sequence[Lead]) -> str:
    if not leads:
        return f"whether {model} leads has not been tested"
    said = []
    for standing, words in ((AHEAD, "holds"), (LEVEL, "is not significant"), (BEHIND, "does not hold")):
        there = [lead for lead in leads if lead.standing == standing]
        if there:
            places = wording.listed([f"{lead.dataset} ({standing} {lead.rival})" for lead in there])
            said.append(f"{words} on {places}")
    return f"the lead of {model} {wording.listed(said)}"


def _winner(table: ResultTable) -> str:
    """The best model of a table and those that are not significantly worse."""
    best = table.winner
    if best is None or best.cells[0] is None:
        return ""
    sentence = f"on {table.dataset} {best.model} is best in {wording.metric_name(table.metrics[0])}"
    sentence += f" ({wording.number(best.cells[0].value)})"
    if table.not_worse:
        sentence += f", {wording.listed(table.not_worse)} not significantly worse"
    return sentence
