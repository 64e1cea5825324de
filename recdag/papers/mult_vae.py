"""Variational autoencoders for collaborative filtering (Liang et al. 2018)."""

from recdag.papers.paper import Paper

PAPER = Paper(
    id="mult_vae",
    title="Variational Autoencoders for Collaborative Filtering",
    authors=("Dawen Liang", "Rahul G. Krishnan", "Matthew D. Hoffman", "Tony Jebara"),
    venue="WWW",
    year=2018,
    url="https://arxiv.org/abs/1802.05814",
    protocol="strong_generalization",
    models=("mult_vae_pr", "mult_dae", "wmf"),
    references=("item_pop", "item_knn", "ease"),
    metrics=("ndcg@100", "recall@20", "recall@50"),
    summary=(
        "Autoencoders with a multinomial likelihood give back a user's items from a part of them; the "
        "variational one is regularized only partially. Judged on MovieLens-20M, Netflix and the Million "
        "Song Dataset, on users whose data took no part in training."
    ),
    claim_sentence=(
        "Mult-VAE with partial regularization ranks the held-out items of new users better than linear "
        "factor models and earlier neural networks, on all three data sets."
    ),
)
