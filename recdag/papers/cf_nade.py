"""Implicit CF-NADE (Zheng et al. 2016)."""

from recdag.papers.paper import Paper

PAPER = Paper(
    id="cf_nade",
    title="Neural Autoregressive Collaborative Filtering for Implicit Feedback",
    authors=("Yin Zheng", "Cailiang Liu", "Bangsheng Tang", "Hanning Zhou"),
    venue="DLRS",
    year=2016,
    url="https://arxiv.org/abs/1606.07674",
    protocol="holdout_10pct",
    models=("implicit_cf_nade", "wmf"),
    references=("item_pop",),
    metrics=("mpr",),
    summary=(
        "An autoregressive network models what a user likes, weighted by a confidence that grows with "
        "the user's relative watch count. Judged on private watch counts of a TV service against "
        "implicit matrix factorization."
    ),
    claim_sentence=(
        "Implicit CF-NADE places what a user goes on to watch markedly higher in the list than implicit "
        "matrix factorization does."
    ),
)
