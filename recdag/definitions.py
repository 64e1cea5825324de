"""The graph that Dagster loads."""

from recdag.orchestration.graph import build_defs

defs = build_defs()
