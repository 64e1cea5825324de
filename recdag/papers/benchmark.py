"""Ours: models of all papers on one split, ranked among all items."""

from recdag.papers import cf_nade, fawmf, mult_vae, multi_feedback, ncf
from recdag.papers.paper import Paper
from recdag.studies.activity import ByActivity
from recdag.studies.defaults import Defaults
from recdag.studies.popularity import ByPopularity
from recdag.studies.seeds import by_seed

_MODELS = (
    "item_pop",
    "item_knn",
    "ease",
    "slim",
    "wmf",
    "eals",
    "exmf",
    "fawmf",
    "bpr",
    "mf",
    "mmlp",
    "mf_mmlp",
    "mfpr",
    "met",
    "gmf",
    "mlp",
    "neumf",
    "neumf_pretrain",
    "cdae",
    "mult_dae",
    "mult_vae_pr",
    "gaussian_dae",
    "gaussian_vae_pr",
    "logistic_dae",
    "logistic_vae_pr",
    "implicit_cf_nade",
    "implicit_cf_nade_normalised",
)

_PAPERS = (ncf, mult_vae, cf_nade, multi_feedback, fawmf)

_SIDE_BY_SIDE = ("ease", "wmf", "mult_vae_pr", "neumf_pretrain", "item_knn", "item_pop")
"""One model of each kind, few enough to be told apart in a figure."""

STUDIES = (
    ByActivity(
        id="activity",
        title="By user activity",
        summary="Quality by groups of equally many users, from those with the shortest histories to those "
        "with the longest.",
        quick=True,
        models=_SIDE_BY_SIDE,
        metric="ndcg@20",
    ),
    ByPopularity(
        id="popularity",
        title="By item popularity",
        summary="The share of held-out pairs that stand among a user's first 20 items, by how many training "
        "users have the item; each group has about a fifth of all held-out pairs.",
        quick=True,
        models=_SIDE_BY_SIDE,
    ),
    Defaults(
        id="defaults",
        title="Whether the recipes fit the data",
        summary="What every model reaches on validation with the values that it was trained with, beside "
        "popularity and ease: test is not looked at. A model that learns by epochs was validated in its "
        "training, another is fitted once more without the validation part; slim, which takes long, is left "
        "out.",
        quick=True,
        models=tuple(model for model in _MODELS if model != "slim"),
        beside=("item_pop", "ease"),
    ),
    by_seed(_MODELS, ("ndcg@20", "recall@20")),
)

PAPER = Paper(
    id="benchmark",
    title="One split for all",
    authors=(),
    venue="",
    year=None,
    url=None,
    protocol="user_holdout",
    models=_MODELS,
    proposed=tuple(model for model in _MODELS if any(model in each.PAPER.proposed for each in _PAPERS)),
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
        "it by their rank among all items the user has not seen. Models of several kinds of feedback learn "
        "from all that a data set has, and from its target alone where it has one; what they have to beat is "
        "met, which ranks first what a user met in another behaviour. No paper reports these numbers."
    ),
    claim_sentence=(
        "Nothing is claimed here: on the same split, with the same candidates and metrics, the models "
        "can be compared across papers."
    ),
    try_on="ml-100k",
    studies=STUDIES,
)
