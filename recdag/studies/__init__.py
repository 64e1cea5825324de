"""Studies: the papers' sweeps, curves and tables, a file a kind.

A kind is a class under `base.Study`: what is declared of it, which rows of the published table `studies` it
makes and how the report shows them. Papers declare studies of these kinds; nothing else has to know a kind.
"""
