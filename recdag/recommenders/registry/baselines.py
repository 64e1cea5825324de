"""Baselines that several papers share."""

from recdag.recommenders.configs import factorization, item_based
from recdag.recommenders.registry.spec import ModelSpec

SPECS = (
    ModelSpec(
        "item_pop",
        "item_pop",
        "ItemPop",
        item_based.ItemPopConfig,
        "1",
        False,
        (),
        "Ranks items by the number of training users who chose them. The floor that every "
        "personal recommender has to beat, and the anchor of the evaluator.",
        random=False,
        libraries=("scipy",),
        title="ItemPop",
    ),
    ModelSpec(
        "item_knn",
        "item_knn",
        "ItemKNN",
        item_based.ItemKNNConfig,
        "1",
        False,
        (),
        "Item-based nearest neighbours (Sarwar et al. 2001): a user's score for an item is the "
        "summed similarity to the items in the history.",
        random=False,
        libraries=("numba", "torch"),
        title="ItemKNN",
    ),
    ModelSpec(
        "ease",
        "ease",
        "EASE",
        item_based.EASEConfig,
        "2",
        False,
        (),
        "EASE^R (Steck 2019): a ridge regression of every item on all others, in closed form. "
        "No paper here compares with it; it shows what a linear model reaches.",
        gram_matrices=3,
        random=False,
        title="EASE",
    ),
    ModelSpec(
        "slim",
        "slim",
        "SLIM",
        item_based.SLIMConfig,
        "1",
        False,
        (),
        "Sparse linear methods (Ning, Karypis 2011): an elastic net without negative weights predicts "
        "every item from all others.",
        random=False,
        libraries=("numba",),
        title="SLIM",
    ),
    ModelSpec(
        "wmf",
        "wmf",
        "WMF",
        factorization.WMFConfig,
        "2",
        True,
        ("factors",),
        "Weighted matrix factorization (Hu, Koren, Volinsky 2008), known as IMF, WMF and iALS: "
        "squared loss on all cells, confidence on positives, exact alternating solves.",
        title="WMF",
    ),
    ModelSpec(
        "bpr",
        "bpr",
        "BPR",
        factorization.BPRConfig,
        "1",
        True,
        ("factors",),
        "Matrix factorization trained on pairs (Rendle et al. 2009): an item chosen should score "
        "above one not chosen.",
        libraries=("numba", "torch"),
        title="BPR",
    ),
)
