"""Configurations of the recommenders, one module a family; free of torch."""
