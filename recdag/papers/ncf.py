"""Neural collaborative filtering (He et al. 2017)."""

from recdag.papers.paper import Paper

PAPER = Paper(
    id="ncf",
    title="Neural Collaborative Filtering",
    authors=("Xiangnan He", "Lizi Liao", "Hanwang Zhang", "Liqiang Nie", "Xia Hu", "Tat-Seng Chua"),
    venue="WWW",
    year=2017,
    url="https://doi.org/10.1145/3038912.3052569",
    protocol="leave_one_out",
    models=("gmf", "mlp", "neumf", "neumf_pretrain", "item_pop", "item_knn", "bpr", "eals"),
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
)
