"""The assets of the graph: a file a kind of asset, found by looking.

Each file has a function `steps(project)` that declares its assets. A new kind of asset is one more file.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

from recdag.graph.project import Project
from recdag.graph.step import Outcome, Step, Work


def graph(project: Project) -> Mapping[str, Step]:
    """Every asset by name, inputs before what is made of them, what belongs to one paper together."""
    modules = [import_module(f"{__name__}.{each.name}") for each in iter_modules(__path__)]
    steps = {step.name: step for module in modules for step in module.steps(project)}
    ordered: dict[str, Step] = {}

    def add(name: str) -> None:
        for need in steps[name].needs:
            if need not in ordered:
                add(need)
        ordered[name] = steps[name]

    for name in steps:
        if name not in ordered:
            add(name)
    return ordered


def make(project: Project, dataset: str, *names: str) -> list[Outcome]:
    """Make some assets of a data set one after the other, as a plain run would, unless they are current.

    Raises:
        RecdagError: what one of them reads has not been made, or it cannot be made.
    """
    steps = graph(project)
    return [steps[name].make(Work(project, "" if steps[name].shared else dataset)) for name in names]
