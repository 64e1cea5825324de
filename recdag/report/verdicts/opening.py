"""What came out for each paper, in words, and what to run next."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from recdag import words
from recdag.evaluation.metrics import metric_title
from recdag.papers.paper import Paper
from recdag.report.tables import ResultTable, paper_command
from recdag.report.verdicts.evidence import Unjudged
from recdag.report.verdicts.lead import AHEAD, BEHIND, LEVEL, Lead
from recdag.report.verdicts.survival import Survivals, survival_summary

_COMPARED = ("reproduced", "higher", "lower")


@dataclass(frozen=True)
class Next:
    """What to run of a paper that has no result on real data: what it gives, and the command."""

    gives: str
    command: str


def opening_sentence(
    about: Paper | None,
    claims: pd.DataFrame,
    leads: Sequence[Lead | Unjudged],
    tables: Sequence[ResultTable],
    survivals: Sequence[Survivals] = (),
    obtainable: Collection[str] | None = None,
) -> str:
    """For the top of the page: how a paper's numbers fared and whether its lead holds.

    On a split for all papers: which model is best and whose claim survives. Simulated data say nothing.

    Args:
        claims: the paper's rows of the published table.
        leads: one a data set on which it was tested.
        tables: the paper's results.
        survivals: what each of the tables says about the claims of other papers.
        obtainable: the papers' data sets that can be had, all by default.
    """
    clauses = [_numbers(claims, obtainable)] if len(claims) else [_winner(table) for table in tables]
    if about is not None and about.lead:
        clauses = ["; ".join(filter(None, [*clauses, _lead(about.lead, leads)]))]
    clauses += map(survival_summary, survivals)
    return _sentences(clauses)


def outcome_sentence(
    claims: pd.DataFrame, tables: Sequence[ResultTable], obtainable: Collection[str] | None = None
) -> str:
    """For a paper's section: how its numbers fared and which model is best where; empty without either.

    Args:
        claims: the paper's rows of the published table.
        tables: the paper's results.
        obtainable: as in `opening_sentence`.
    """
    return _sentences([_numbers(claims, obtainable) if len(claims) else "", *map(_winner, tables)])


def next_run(
    about: Paper | None,
    claims: pd.DataFrame,
    tables: Sequence[ResultTable],
    stands_for: Mapping[tuple[str, str], str],
    obtainable: Collection[str] | None = None,
) -> Next | None:
    """What to run of a paper; None where it has been run on real data.

    Args:
        claims: the paper's rows of the published table.
        tables: the paper's results.
        stands_for: (our data set, protocol) -> the paper's data set that it stands for.
        obtainable: as in `opening_sentence`.
    """
    if about is None or not about.try_on or any(not table.simulated for table in tables):
        return None
    paper_set = stands_for.get((about.try_on, about.protocol), about.try_on)
    count = int((claims["dataset"] == paper_set).sum())
    if not len(claims):
        gives = "all models on one split"
    elif count:
        gives = f"{count} of its {len(claims)} numbers"
    else:
        gives = "its own data cannot be had; on others"
    if obtainable is not None and paper_set not in obtainable:
        gives += ", once the files are placed"
    return Next(gives, paper_command(about.try_on, about.id))


def _sentences(clauses: Iterable[str]) -> str:
    return " ".join(f"{each[0].upper()}{each[1:]}." for each in clauses if each)


def _numbers(claims: pd.DataFrame, obtainable: Collection[str] | None) -> str:
    """How a paper's numbers fared; empty where none has been measured."""
    compared = claims[claims["verdict"].isin(_COMPARED)]
    if compared.empty:
        return ""
    counts = compared["verdict"].value_counts()
    fared = words.listed([f"{counts[name]} {name}" for name in _COMPARED if name in counts])
    where = words.listed(list(dict.fromkeys(compared["dataset"])))
    verb = "has" if len(compared) == 1 else "have"
    within = "" if obtainable is None else _within_reach(claims, obtainable)
    numbers = f"of {len(claims)} published numbers{within}"
    return f"{numbers} {len(compared)} {verb} been measured, on {where}: {fared}"


def _within_reach(claims: pd.DataFrame, obtainable: Collection[str]) -> str:
    here = int(claims["dataset"].isin(list(obtainable)).sum())
    return "" if here == len(claims) else f", {here} of them on data that can be had,"


def _lead(model: str, leads: Sequence[Lead | Unjudged]) -> str:
    clauses = []
    judged = [each for each in leads if isinstance(each, Lead)]
    for relation, outcome in ((AHEAD, "holds"), (LEVEL, "is undecided"), (BEHIND, "does not hold")):
        leading = [lead for lead in judged if lead.relation == relation]
        if leading:
            places = words.listed([f"{lead.dataset} ({relation} {lead.rival})" for lead in leading])
            clauses.append(f"{outcome} on {places}")
    if unjudged := [each for each in leads if isinstance(each, Unjudged) and each.lacks]:
        places = words.listed(
            [f"{each.dataset} (missing: {', '.join(lack.topic for lack in each.lacks)})" for each in unjudged]
        )
        clauses.append(f"cannot be judged yet on {places}")
    return f"the lead of {model} {words.listed(clauses)}" if clauses else ""


def _winner(table: ResultTable) -> str:
    """The best model of a table, or models, and those that are not significantly worse."""
    if table.simulated:
        return ""
    best = {
        f"{row.model} (not in the paper)" if row.reference else row.model: cell.value
        for row in table.rows
        if (cell := row.cells[0]) and cell.best
    }
    if not best:
        return ""
    verb = "is" if len(best) == 1 else "are equally"
    sentence = f"on {table.dataset} {words.listed(list(best))} {verb} best in "
    sentence += f"{metric_title(table.metrics[0])} ({words.number(max(best.values()))})"
    if table.not_worse:
        verb = "is" if len(table.not_worse) == 1 else "are"
        sentence += f"; {words.listed(table.not_worse)} {verb} not significantly worse"
    return sentence
