"""Fast adaptively weighted matrix factorization (Chen et al. 2020)."""

from recdag.papers.paper import DataSize, Paper
from recdag.studies.communities import Communities
from recdag.studies.curves import Curves
from recdag.studies.grid import Grid, Series
from recdag.studies.results import Results
from recdag.studies.seeds import by_seed

# A point on the curve every 10 iterations, and no early end.
_CURVE = {"iterations_per_epoch": 10, "patience": None}
_METHODS = ("fawmf", "exmf", "cdae", "eals", "bpr", "wmf", "item_pop")

STUDIES = (
    Results(
        id="comparison",
        title="All models",
        figure="Table 3",
        sources=("Table 3",),
        summary="The paper's main table.",
        quick=True,
        models=_METHODS,
        metrics=("precision@5", "recall_plain@5", "ndcg@5", "mrr_sum"),
    ),
    Results(
        id="running_time",
        title="Seconds of training",
        figure="Figure 3",
        sources=("Fig. 3 / text",),
        summary="Seconds to train one fold, choosing on validation included.",
        quick=True,
        models=_METHODS,
        metrics=("train_seconds",),
    ),
    Curves(
        id="strategies",
        title="Learning strategies",
        figure="Figure 4",
        sources=("Fig. 4 / text",),
        summary="Quality on validation against iterations (10 an epoch) and against seconds: fBGD, plain "
        "gradient descent on all cells, and sampled negatives, uniform or by popularity, 1, 5 and 25 for "
        "each positive.",
        series=(
            Series("fawmf", "fBGD", _CURVE),
            Series("fawmf", "BGD", {**_CURVE, "training": "bgd"}),
            *(
                Series(
                    "fawmf",
                    f"{name} {count}x",
                    {**_CURVE, "training": training, "negatives": count, "sample_weight": "one"},
                )
                for name, training in (("uniform", "sgd_uniform"), ("popularity", "sgd_popularity"))
                for count in (1, 5, 25)
            ),
        ),
        axes={"epochs": (12,)},
        by_dataset={"demo": {"epochs": (3,)}},
        metrics=("precision@5",),
        over=("epoch", "seconds"),
        values=("validation", "loss"),
        speedup=("fBGD", "BGD"),
    ),
    Grid(
        id="factors",
        title="Latent dimension K",
        figure="Figure 5",
        summary="Quality by the length of the user and item vectors, on one fold.",
        series=(Series("fawmf"), Series("eals"), Series("wmf")),
        axes={"factors": (10, 20, 40, 60, 80, 100)},
        by_dataset={"demo": {"factors": (5, 10)}},
        x="factors",
        metrics=("precision@5", "recall_plain@5", "ndcg@5", "mrr_sum"),
        folds=1,
    ),
    Grid(
        id="larger_k",
        title="Longer vectors",
        summary="What 64 factors reach in place of the paper's 20, on all folds: K bounds every model of its "
        "comparison.",
        series=(Series("wmf"), Series("fawmf")),
        axes={"factors": (64,)},
        by_dataset={"demo": {"factors": (16,)}},
        x="factors",
        metrics=("precision@5", "recall_plain@5", "ndcg@5", "mrr_sum"),
    ),
    Communities(
        id="communities",
        title="Communities and their items",
        figure="Figure 6",
        summary="What the members of a community know better than others do, and who they are.",
        quick=True,
        model="fawmf",
    ),
    by_seed(_METHODS, ("precision@5",)),
)

PAPER = Paper(
    id="fawmf",
    title="Fast Adaptively Weighted Matrix Factorization for Recommendation with Implicit Feedback",
    authors=(
        "Jiawei Chen",
        "Can Wang",
        "Sheng Zhou",
        "Qihao Shi",
        "Jingbang Chen",
        "Yan Feng",
        "Chun Chen",
    ),
    venue="AAAI",
    year=2020,
    url="https://arxiv.org/abs/2003.01892",
    protocol="five_fold_cv",
    models=("fawmf", "exmf", "eals", "wmf", "bpr", "cdae", "item_pop"),
    proposed=("fawmf",),
    lead="fawmf",
    references=("ease",),
    metrics=("precision@5", "recall_plain@5", "ndcg@5", "mrr_sum"),
    summary=(
        "Learns by communities of users how much to trust each unobserved cell, and trains on all cells "
        "at the cost of the observed ones. Judged on MovieLens-1M, Amazon food reviews and Douban by "
        "five-fold cross-validation."
    ),
    claim_sentence=(
        "Weights learned from the data make matrix factorization more precise than fixed weights and "
        "than sampled negatives, at a cost that grows only with the observed data."
    ),
    try_on="ml-1m",
    studies=STUDIES,
    sizes=(
        DataSize("ml-1m", 6_040, 3_952, 1_000_209, "Table 1, where 3,952 is the highest id"),
        DataSize("amazon-food", 10_619, 37_762, 256_287, "Table 1"),
        DataSize("douban", 123_480, 20_029, 16_624_937, "Table 1"),
    ),
    deviations=(
        "The iteration is chosen on a validation part of the training pairs; the authors' code reports the "
        "best of all iterations and of two ways to score on the test pairs.",
        "The users' and items' vectors are regularized, as in the authors' code and not as in the paper's "
        "list, and more strongly: the learned weights of unobserved cells are far from zero.",
        "MRR is the sum over all of a user's test items, as in the authors' code; the numbers in the paper "
        "agree with no other reading.",
    ),
)
