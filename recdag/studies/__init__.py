"""Studies: the rows of one figure or table of a paper, on one data set.

One module a kind of study.
"""
