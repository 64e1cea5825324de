"""The steps of the graph as plain functions: what to read, compute and write, and when not to.

Nothing here knows Dagster; `orchestration` wraps each step in an asset.
"""
