"""`recdag verify`: published results against independent computations."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from recdag.cli import completion
from recdag.cli.terminal import Dataset, console
from recdag.errors import RecdagError
from recdag.graph.project import Project

_ROW = "{:28} {:14} {:>12} {:>12} {:>11} {:>5} {:>8}"
_SHOWN_EVERY = 20


def verify(
    dataset: Dataset = "demo",
    paper: Annotated[
        str, typer.Option(help="Whose results.", autocompletion=completion.papers)
    ] = "benchmark",
    models: Annotated[str | None, typer.Option(help="Only these: NAME,NAME.")] = None,
    depth: Annotated[int, typer.Option(min=0, help="Length of the lists; 0: all items.")] = 100,
    lists: Annotated[
        Path | None, typer.Option(help="Keep the lists in this folder, as TREC run and qrels files.")
    ] = None,
    null: Annotated[
        bool, typer.Option("--null", help="Instead, how often the tests reject where nothing is to be found.")
    ] = False,
    repetitions: Annotated[int, typer.Option(min=1, help="Of --null.")] = 200,
) -> None:
    """Recompute metrics with ir-measures from exported lists, or hold the tests against no difference."""
    chosen = models.split(",") if models else None
    held = (
        _null(chosen or ["wmf", "eals", "fawmf"], repetitions)
        if null
        else _metrics(dataset, paper, chosen, depth, lists)
    )
    if not held:
        raise typer.Exit(1)


def _metrics(dataset: str, paper: str, models: list[str] | None, depth: int, lists: Path | None) -> bool:
    """Print every metric beside the recomputed one; whether all agree."""
    from recdag.papers.catalogue import paper as find_paper

    try:
        from recdag.verify.lists import TOLERANCE, compare_paper
    except ModuleNotFoundError as error:
        raise RecdagError(
            f"{error.name} is not installed", cure="Install it: pip install ir-measures"
        ) from error
    project = Project.open()
    project.dataset(dataset)
    agreed = True
    header = ("model", "metric", "published", "ir-measures", "worst user", "users", "left out")
    typer.echo(_ROW.format(*header))
    for each in compare_paper(project, dataset, paper, models or find_paper(paper).nodes, depth, lists):
        agreed = agreed and each.agrees
        numbers = (f"{each.published:.8f}", f"{each.recomputed:.8f}", f"{each.worst:.1e}")
        shown = _ROW.format(each.model, each.metric, *numbers, each.users, each.left_out)
        typer.echo(f"{shown}{'' if each.agrees else '  DIFFERS'}")
    typer.echo(f"all agree to {TOLERANCE:g}" if agreed else f"some values differ by more than {TOLERANCE:g}")
    return agreed


def _null(models: list[str], count: int) -> bool:
    """Print how often each test rejects, as it goes; whether the t-test keeps its level."""
    import numpy as np

    from recdag.verify.null import HIGHEST, LOWEST, TESTS, repetitions

    rejected: dict[str, Counter[str]] = {name: Counter() for name in models}
    differences: dict[str, list[float]] = {name: [] for name in models}
    typer.echo(f"{'repetitions':12}{'model':12}" + "".join(f"{test:>12}" for test in TESTS) + "   deviation")
    for done, pairs in enumerate(repetitions(models, count), 1):
        for name, pair in pairs.items():
            rejected[name].update(pair.rejected)
            differences[name].append(pair.difference)
            if done % _SHOWN_EVERY == 0 or done == count:
                rates = "".join(f"{rejected[name][test] / done:12.1%}" for test in TESTS)
                typer.echo(f"{done:<12}{name:12}{rates}{np.std(differences[name]):12.5f}")
    held = all(LOWEST <= counted["t-test"] / count <= HIGHEST for counted in rejected.values())
    within = f"within {LOWEST:.0%} to {HIGHEST:.0%} for all"
    console.print(f"The t-test rejects {within}." if held else f"The t-test does not reject {within}.")
    return held
