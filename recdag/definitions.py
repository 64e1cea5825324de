"""The graph that Dagster loads."""

from recdag.orchestration.definitions import build_defs

defs = build_defs()
