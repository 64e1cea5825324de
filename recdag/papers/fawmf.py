"""Fast adaptively weighted matrix factorization (Chen et al. 2020)."""

from recdag.papers.paper import Paper

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
    models=("fawmf", "exmf", "eals", "wmf", "bpr", "item_pop"),
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
)
