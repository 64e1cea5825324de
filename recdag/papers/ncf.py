"""Neural collaborative filtering (He et al. 2017)."""

from recdag.papers.paper import DataSize, Paper
from recdag.studies.curves import Curves
from recdag.studies.grid import Grid, Series
from recdag.studies.seeds import by_seed
from recdag.studies.top_list import TopList

_MODELS = ("gmf", "mlp", "neumf", "neumf_pretrain", "item_pop", "item_knn", "bpr", "eals")

_QUICK_BATCHES = {"batch_size": 1024}
"""The largest batch of the paper's range: a grid of many trainings needs the quickest of them."""

_MLP = Series("mlp", settings=_QUICK_BATCHES)
_NEUMF = Series("neumf", settings=_QUICK_BATCHES)

STUDIES = (
    Grid(
        id="factors",
        title="Predictive factors, with and without pre-training",
        figure="Figure 4, Table 2",
        sources=("Table 2",),
        summary="Quality by the number of predictive factors; for bpr and eals that of latent factors.",
        series=(_NEUMF, Series("neumf_pretrain"), Series("gmf"), _MLP, Series("bpr"), Series("eals")),
        axes={"factors": (8, 16, 32, 64)},
        by_dataset={"demo": {"factors": (4, 8)}},
        x="factors",
        metrics=("hr@10", "ndcg@10"),
    ),
    Grid(
        id="layers",
        title="Hidden layers of MLP",
        figure="Tables 3 and 4",
        sources=("Table 3", "Table 4"),
        summary="Is deep learning helpful? MLP with none to four hidden layers.",
        series=(_MLP,),
        axes={"layers": (0, 1, 2, 3, 4), "factors": (8, 16, 32, 64)},
        by_dataset={"demo": {"layers": (0, 1, 2), "factors": (8,)}},
        x="layers",
        metrics=("hr@10", "ndcg@10"),
    ),
    Grid(
        id="negatives",
        title="Negatives for each positive",
        figure="Figure 7",
        summary="Quality by the number of negatives that are drawn for each positive.",
        series=(
            Series("gmf", settings={"factors": 16}),
            Series("mlp", settings={"factors": 16} | _QUICK_BATCHES),
            Series("neumf", settings={"factors": 16} | _QUICK_BATCHES),
        ),
        axes={"negatives": tuple(range(1, 11))},
        by_dataset={"demo": {"negatives": (1, 4)}},
        x="negatives",
        metrics=("hr@10", "ndcg@10"),
    ),
    Curves(
        id="epochs",
        title="Loss and quality over epochs",
        figure="Figure 6",
        summary="Training loss and quality on validation after each epoch; the paper shows quality on test.",
        series=(Series("gmf"), _MLP, _NEUMF),
        axes={"factors": (8,)},
        by_dataset={"demo": {"factors": (8,)}},
        metrics=("hr@10", "ndcg@10"),
    ),
    TopList(
        id="top_k",
        title="Length of the recommended list",
        figure="Figure 5",
        summary="Quality where the list has one item up to ten.",
        quick=True,
        models=("neumf", "item_pop", "item_knn", "bpr", "eals"),
        metrics=("hr", "ndcg"),
    ),
    by_seed(_MODELS, ("hr@10", "ndcg@10")),
)

PAPER = Paper(
    id="ncf",
    title="Neural Collaborative Filtering",
    authors=("Xiangnan He", "Lizi Liao", "Hanwang Zhang", "Liqiang Nie", "Xia Hu", "Tat-Seng Chua"),
    venue="WWW",
    year=2017,
    url="https://doi.org/10.1145/3038912.3052569",
    protocol="leave_one_out",
    models=_MODELS,
    proposed=("gmf", "mlp", "neumf", "neumf_pretrain"),
    lead="neumf_pretrain",
    references=("wmf", "ease", "mult_dae"),
    metrics=("hr@10", "ndcg@10"),
    summary=(
        "Puts a neural network in the place of the inner product of user and item vectors. GMF, MLP and "
        "their combination NeuMF are judged on MovieLens-1M and Pinterest by the rank of one held-out "
        "item among sampled ones."
    ),
    claim_sentence=(
        "NeuMF, which learns how user and item vectors interact, ranks a held-out item higher than the "
        "best matrix factorizations of its time, and pre-training and deeper networks help further."
    ),
    try_on="ncf-ml-1m",
    studies=STUDIES,
    sizes=(
        DataSize("ml-1m", 6_040, 3_706, 1_000_209, "Table 1"),
        DataSize("pinterest", 55_187, 9_916, 1_500_809, "Table 1"),
    ),
    deviations=(
        "The epoch is chosen on a held-out validation item a user; the authors' code reports the epoch that "
        "is best on the test items.",
        "The released test candidates name the held-out item itself among the negatives of some users; it "
        "is ranked once here, so that it cannot tie with itself.",
        "The embeddings of MLP and NeuMF are as wide as in the authors' code (32 for 8 factors and three "
        "layers), not as in the paper's example (16).",
        "Equal scores share the middle rank, so that a model whose scores have collapsed ranks like chance.",
    ),
)
