"""Ours: models of all papers on one split, ranked among all items."""

from recdag.papers.paper import Paper

PAPER = Paper(
    id="benchmark",
    title="One split for all",
    authors=(),
    venue="",
    year=None,
    url=None,
    protocol="user_holdout",
    models=(
        "item_pop",
        "item_knn",
        "ease",
        "wmf",
        "bpr",
        "mult_dae",
        "mult_vae_pr",
        "gmf",
        "mlp",
        "neumf",
        "neumf_pretrain",
    ),
    references=(),
    metrics=(
        "ndcg@20",
        "recall@20",
        "recall@50",
        "ndcg@100",
        "precision@5",
        "mrr",
        "map",
        "coverage@20",
        "mpr",
    ),
    summary=(
        "Models of all papers, trained on the same part of every history and judged on the last tenth of "
        "it by their rank among all items the user has not seen. No paper reports these numbers."
    ),
    claim_sentence=(
        "Nothing is claimed here: on the same split, with the same candidates and metrics, the models "
        "can be compared across papers."
    ),
)
