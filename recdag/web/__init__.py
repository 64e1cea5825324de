"""Dagster's web UI and the report on one port, behind a layer that lets no other page drive them."""
