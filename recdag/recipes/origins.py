"""Where the value of a hyperparameter may come from, as cards and published tables say it."""

PAPER, OURS, TUNED, RUN = "paper", "ours", "tuned", "run"
"""Whose value a hyperparameter has: the paper's, ours, the best of a search, or one set for a run."""
