"""What came out for each paper, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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
    """For the top of the page: how a paper's numbers fared and whether its lead holds.

    On a split for all papers: which model is best and whose claim survives.

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
    return _sentences(said) or "No model has been measured yet."


def outcome_sentence(claims: pd.DataFrame, tables: Sequence[ResultTable]) -> str:
    """For a paper's section: how its numbers fared and which model is best where; empty without either.

    Args:
        claims: the paper's rows of the published table.
        tables: the paper's results.
    """
    return _sentences([_numbers(claims) if len(claims) else "", *map(_winner, tables)])


def _sentences(clauses: Iterable[str]) -> str:
    return " ".join(f"{each[0].upper()}{each[1:]}." for each in clauses if each)


def _numbers(claims: pd.DataFrame) -> str:
    compared = claims[claims["verdict"].isin(_COMPARED)]
    if compared.empty:
        return f"none of its {len(claims)} published numbers has been measured"
    counts = compared["verdict"].value_counts()
    fared = wording.listed([f"{counts[name]} {name}" for name in _COMPARED if name in counts])
    where = wording.listed(list(dict.fromkeys(compared["dataset"])))
    verb = "has" if len(compared) == 1 else "have"
    return f"of {len(claims)} published numbers {len(compared)} {verb} been measured, on {where}: {fared}"


def _lead(model: str, leads: Sequence[Lead]) -> str:
    if not leads:
        return f"whether {model} leads has not been tested"
    said = []
    for standing, words in ((AHEAD, "holds"), (LEVEL, "is undecided"), (BEHIND, "does not hold")):
        there = [lead for lead in leads if lead.standing == standing]
        if there:
            places = wording.listed([f"{lead.dataset} ({standing} {lead.rival})" for lead in there])
            said.append(f"{words} on {places}")
    return f"the lead of {model} {wording.listed(said)}"


def _winner(table: ResultTable) -> str:
    """The best model of a table, or models, and those that are not significantly worse."""
    best = {
        f"{row.model} (not in the paper)" if row.reference else row.model: cell.value
        for row in table.rows
        if (cell := row.cells[0]) and cell.best
    }
    if not best:
        return ""
    verb = "is" if len(best) == 1 else "are equally"
    sentence = f"on {table.dataset} {wording.listed(list(best))} {verb} best in "
    sentence += f"{wording.metric_name(table.metrics[0])} ({wording.number(max(best.values()))})"
    if table.not_worse:
        verb = "is" if len(table.not_worse) == 1 else "are"
        sentence += f"; {wording.listed(table.not_worse)} {verb} not significantly worse"
    return sentence
