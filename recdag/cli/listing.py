"""`recdag papers`, `recdag models`, `recdag studies`: what can be named in the other commands."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from recdag.cli import completion
from recdag.cli.terminal import literal, print_table
from recdag.papers.catalogue import PAPERS
from recdag.papers.catalogue import paper as find_paper
from recdag.papers.paper import Paper

OnePaper = Annotated[
    str | None, typer.Option(help="Only those of this paper.", autocompletion=completion.papers)
]


def papers() -> None:
    """List the papers, with protocol and numbers of models and studies."""
    table = Table("paper", "title", "protocol", "models", "studies", box=None)
    for paper in PAPERS.values():
        table.add_row(
            paper.id, literal(paper.title), paper.protocol, str(len(paper.nodes)), str(len(paper.studies))
        )
    print_table(table)


def models(paper: OnePaper = None) -> None:
    """List the models, the papers that have them, and what they are."""
    from recdag.recommenders.catalogue import MODELS

    chosen = _chosen(paper)
    table = Table("model", "papers", "what it is", box=None)
    for name, spec in MODELS.items():
        if having := [each.id for each in chosen if name in each.nodes]:
            table.add_row(name, ", ".join(having), literal(spec.summary.partition(". ")[0].rstrip(".")))
    print_table(table)


def studies(paper: OnePaper = None) -> None:
    """List the studies: figures and tables of the papers, and ours."""
    table = Table("study", "shows", "in the paper", "belongs to every run", box=None)
    for each in _chosen(paper):
        for study in each.studies:
            count = study.trainings("")
            trained = f", trains {count} models" if count else ""
            when = "yes" if study.quick else f"when asked for{trained}"
            table.add_row(f"{each.id}/{study.id}", literal(study.title), study.figure, when)
    print_table(table)


def _chosen(paper: str | None) -> list[Paper]:
    return [find_paper(paper)] if paper else list(PAPERS.values())
