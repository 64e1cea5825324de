"""Hyperparameters of every model of a paper, per data set, each with its source."""
