"""Where Dagster loads the definitions from, and the name it knows that place by."""

from pathlib import Path

from dagster._core.workspace.load_target import ModuleTarget

LOCATION = ModuleTarget("recdag.definitions", None, str(Path.cwd()), None)
"""The same as `-m recdag.definitions` is for Dagster's own commands."""
