"""Definitions of the user's own, beside ours in one graph: whatever lies in the home folder's `defs/`."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import dagster as dg

from recdag.errors import ConfigError


def users_definitions(folder: Path) -> dg.Definitions | None:
    """The assets, checks, jobs, schedules, sensors and resources of all Python files in a folder.

    An asset may hang on one of ours by its key; those of ours that it reads need not be made by it.

    Returns:
        None where there are no files.

    Raises:
        ConfigError: a file cannot be loaded.
    """
    files = sorted(folder.glob("*.py"))
    if not files:
        return None
    return dg.Definitions.merge(*(dg.load_definitions_from_module(_loaded(file)) for file in files))


def _loaded(file: Path) -> ModuleType:
    name = f"recdag_defs.{file.stem}"
    spec = spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ConfigError(
            f"{type(error).__name__}: {error}",
            where=str(file),
            cure="Correct the file, or move it out of the folder: the graph loads without it",
        ) from error
    return module
