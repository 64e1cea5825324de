"""What `recdag run` was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from recdag.errors import ConfigError, RecdagError
from recdag.graph.project import Project
from recdag.papers.catalogue import paper as find_paper
from recdag.papers.catalogue import study as find_study
from recdag.papers.paper import Paper
from recdag.studies.study import Study
from recdag.suggest import names_known


@dataclass(frozen=True)
class RunOptions:
    """Which assets a run is to make.

    Attributes:
        selection: in Dagster's selection language.
        paper: the one that the run is about; None: no single one.
        models: the only ones of it that are asked for; empty: all.
        axes: study -> values that take the place of its own.
    """

    selection: str
    paper: Paper | None = None
    models: tuple[str, ...] = ()
    axes: dict[str, dict[str, list[Any]]] = field(default_factory=dict)

    @classmethod
    def parse(
        cls,
        paper: str | None,
        models: str | None,
        study: str | None,
        select: str | None,
        axis: Sequence[str] | None,
        studies: bool,
    ) -> RunOptions:
        """The options, read together.

        Raises:
            RecdagError: options that exclude each other, or a name that nothing has.
        """
        from recdag.orchestration.selections import models_selection, selection_of, study_selection

        if sum(option is not None for option in (paper or models, study, select)) > 1:
            raise RecdagError(
                "--paper (with or without --models), --study and --select exclude each other",
                cure="Give one of them",
            )
        if studies and (study or select or models):
            raise RecdagError("--studies adds to a paper or to all of them", cure="Leave it away")
        if axis and study is None:
            raise RecdagError("--axis needs a study", cure="Name it: --study ncf/layers, for example")
        if select:
            return cls(select)
        if study:
            of_paper, declared = find_study(study)
            axes = _axes(study, declared, axis or [])
            return cls(study_selection(of_paper, declared, axes), axes={study: axes} if axes else {})
        if models:
            chosen = find_paper(paper or "benchmark")
            named = _models(chosen, models)
            return cls(models_selection(chosen, named), chosen, named)
        about = find_paper(paper) if paper else None
        return cls(selection_of(about.id if about else None, studies), about)

    def config(self, project: Project, budget: str) -> dict[str, dict[str, Any]]:
        """Asset -> its launch configuration: a study's axes, and the same budget for every model."""
        return {**self.axes, **self._budgets(project, budget)}

    def _budgets(self, project: Project, budget: str) -> dict[str, dict[str, Any]]:
        from recdag.recipes.budget import Budget

        if Budget.parse(budget) is None:
            return {}
        if self.paper is None:
            raise RecdagError("--budget needs a paper", cure="Name it: --paper benchmark, for example")
        nodes, recipe = self.models or self.paper.nodes, project.recipe(self.paper.id)
        if not any(recipe.space(model) for model in nodes):
            raise RecdagError(
                f"the recipe of {self.paper.id} has nothing to search"
                + (f" for {', '.join(self.models)}" if self.models else ""),
                where=str(recipe.path),
                cure="Say what to try: search: [16, 32] or search: {low: 0.001, high: 1, log: true}",
            )
        return {f"{self.paper.id}/{model}": {"budget": budget} for model in nodes}


def _models(paper: Paper, given: str) -> tuple[str, ...]:
    """The models of a paper that are named, each once."""
    named = tuple(dict.fromkeys(name.strip() for name in given.split(",") if name.strip()))
    for name in named:
        if name not in paper.nodes:
            raise ConfigError(f"{paper.id} has no model {name!r}", cure=names_known(name, paper.nodes))
    if not named:
        raise ConfigError(f"--models {given!r} names no model", cure=names_known("", paper.nodes))
    return named


def _axes(study: str, declared: Study, given: Sequence[str]) -> dict[str, list[Any]]:
    """The values given for axes of a study's grid, in the type of its own values."""
    known = declared.choices
    chosen = {}
    for entry in given:
        axis, _, values = entry.partition("=")
        if axis not in known or not values:
            raise RecdagError(
                f"--axis {entry!r} names no axis of {study}",
                cure=f"Write NAME=VALUE,VALUE with one of: {', '.join(known) or 'none, it has no grid'}",
            )
        kind = type(known[axis][0])
        try:
            chosen[axis] = [kind(value) for value in values.split(",")]
        except ValueError as error:
            raise RecdagError(
                f"--axis {entry!r}: {error}", cure=f"Give values of type {kind.__name__}"
            ) from error
    return chosen
