"""Factorizations that weigh unobserved cells by exposure."""

from recdag.recommenders.configs import exposure
from recdag.recommenders.registry.spec import ModelSpec

SPECS = (
    ModelSpec(
        "fawmf",
        "fawmf",
        "FAWMF",
        exposure.FAWMFConfig,
        "1",
        True,
        ("factors",),
        "Fast adaptively weighted matrix factorization (Chen et al. 2020): every cell weighs as much "
        "as the user is likely to know the item, learned through communities of users. Trained on all "
        "cells at a cost linear in the observed ones (fBGD).",
        libraries=("numba", "torch"),
        title="FAWMF",
    ),
    ModelSpec(
        "exmf",
        "exmf",
        "EXMF",
        exposure.EXMFConfig,
        "2",
        True,
        ("factors",),
        "Exposure matrix factorization, ExpoMF (Liang et al. 2016): infers for every cell whether the "
        "user knew the item, by expectation and maximization. Ranks by the inner product alone.",
        title="EXMF",
    ),
    ModelSpec(
        "eals",
        "eals",
        "EALS",
        exposure.EALSConfig,
        "2",
        True,
        ("factors",),
        "Element-wise alternating least squares (He et al. 2016): matrix factorization on all cells, "
        "in which unobserved cells of popular items weigh more. Every coordinate is solved exactly in "
        "turn.",
        libraries=("numba",),
        title="eALS",
    ),
)
