"""Recommendations from trained models."""
