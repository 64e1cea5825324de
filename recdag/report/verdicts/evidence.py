"""Whether a claim can be judged on a data set at all, and if not, what is missing.

The only place that decides it: the sentences on leads and on surviving claims are made of what it lets pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from recdag import words
from recdag.recipes.budget import Budget
from recdag.recommenders.catalogue import MODELS
from recdag.report.tables import ResultTable, Row, paper_command, study_command

SIMULATED = "simulated: shows that the graph works, says nothing about the papers"
_MOST_NAMED = 3
_BUDGET = Budget(trials=20)


@dataclass(frozen=True)
class Lack:
    """Something without which a difference between models is no evidence.

    Attributes:
        topic: one word for it.
        what: what is missing, with models and numbers.
        cure: what to change before the command; empty where the command alone does it.
        command: what supplies it.
    """

    topic: str
    what: str
    cure: str
    command: str


@dataclass(frozen=True)
class Unjudged:
    """Claims that cannot be judged on a data set.

    Attributes:
        papers: whose claims they are.
        lacks: what is missing; empty on simulated data, on which nothing would help.
    """

    dataset: str
    papers: tuple[str, ...]
    lacks: tuple[Lack, ...]


def lacks_of(table: ResultTable, models: Iterable[str], *, searchable: bool = True) -> tuple[Lack, ...]:
    """What is missing before differences between some models of a table say something about them.

    They have to be equally large, to have been searched for with the same budget, to have stopped before the
    last epoch that they were allowed, and to have been trained with more than one seed where they draw at
    random. What is not recorded is missing, too.

    Args:
        searchable: the paper's recipe says what hyperparameters are worth trying.
    """
    rows = [row for row in table.headlines if row.model in set(models)]
    recorded = [row for row in rows if row.training]
    lacks = (
        _records(table, [row for row in rows if not row.training]),
        _sizes(table, recorded),
        _epochs(table, recorded),
        _tuning(table, rows, searchable=searchable),
        _seeds(table, rows),
    )
    return tuple(lack for lack in lacks if lack)


def _records(table: ResultTable, rows: Sequence[Row]) -> Lack | None:
    if not rows:
        return None
    return Lack("records", f"how {_named(rows)} came about is not recorded", "", table.command)


def _sizes(table: ResultTable, rows: Sequence[Row]) -> Lack | None:
    sizes: dict[int, list[Row]] = {}
    for row in rows:
        if row.training and row.training.factors is not None:
            sizes.setdefault(row.training.factors, []).append(row)
    if len(sizes) < 2:
        return None
    said = "; ".join(f"{_named(each)} {_verb(each)} {size}" for size, each in sorted(sizes.items()))
    what = f"equal sizes, in numbers a user is described by: {said}"
    return Lack("sizes", what, f"give them one size in {_recipe(table)}", table.command)


def _epochs(table: ResultTable, rows: Sequence[Row]) -> Lack | None:
    bound = [row for row in rows if row.training and row.training.stopped_by_bound]
    if not bound:
        return None
    what = f"room to learn: {_named(bound)} chose the last epoch allowed"
    return Lack("epochs", what, f"raise their epochs in {_recipe(table)}", table.command)


def _tuning(table: ResultTable, rows: Sequence[Row], *, searchable: bool) -> Lack | None:
    budgets = {row.budget for row in rows}
    if len(budgets) == 1 and None not in budgets:
        return None
    searched = [row for row in rows if row.budget]
    said = sorted(str(row.budget) for row in searched)
    what = "a search for hyperparameters with one budget for all: " + (
        f"{_named(searched)} had {words.listed(list(dict.fromkeys(said)))}" if searched else "none was made"
    )
    cure = "" if searchable else f"say under search: in {_recipe(table)} what is worth trying"
    return Lack("tuning", what, cure, paper_command(table.dataset, table.paper, _BUDGET))


def _seeds(table: ResultTable, rows: Sequence[Row]) -> Lack | None:
    single = [
        row
        for row in rows
        if (row.model not in MODELS or MODELS[row.model].random) and not row.has_several_seeds
    ]
    if not single:
        return None
    what = f"further seeds: {_named(single)} {'was' if len(single) == 1 else 'were'} trained with one"
    models = ",".join(row.model for row in single)
    command = study_command(table.dataset, f"{table.paper}/seeds", models=models, seeds="1,2")
    return Lack("seeds", what, "", command)


def _recipe(table: ResultTable) -> str:
    return f"models/recipes/{table.paper}.yaml"


def _verb(rows: Sequence[Row]) -> str:
    return "has" if len(rows) == 1 else "have"


def _named(rows: Sequence[Row]) -> str:
    names = [row.model for row in rows]
    if len(names) > _MOST_NAMED + 1:
        names = [*names[:_MOST_NAMED], f"{len(names) - _MOST_NAMED} others"]
    return words.listed(names)
