"""Implicit CF-NADE (Zheng et al. 2016)."""

from recdag.papers.paper import DataSize, Paper
from recdag.studies.counts import Counts
from recdag.studies.grid import Grid, Series
from recdag.studies.seeds import by_seed

_MODELS = ("implicit_cf_nade", "wmf")

STUDIES = (
    Grid(
        id="alpha",
        title="Confidence parameter alpha",
        figure="Figure 2",
        sources=("Fig. 2 / 5.3",),
        summary="MPR by alpha, the growth of the confidence with the relative rating. The regularization of "
        "wmf grows with alpha, for it is their ratio that decides.",
        series=(
            Series("implicit_cf_nade"),
            Series("implicit_cf_nade_normalised"),
            Series("wmf", linked={"l2": ("alpha", 1.5)}),
        ),
        axes={"alpha": (1.0, 10.0, 40.0, 100.0, 200.0, 300.0, 500.0)},
        by_dataset={"demo": {"alpha": (1.0, 40.0)}},
        x="alpha",
        metrics=("mpr", "ndcg@100"),
    ),
    Counts(
        id="counts",
        title="Counts and relative ratings",
        figure="Figure 1",
        summary="How often positives have which count, and which relative rating it becomes.",
        quick=True,
    ),
    by_seed(_MODELS, ("mpr",)),
)

PAPER = Paper(
    id="cf_nade",
    title="Neural Autoregressive Collaborative Filtering for Implicit Feedback",
    authors=("Yin Zheng", "Cailiang Liu", "Bangsheng Tang", "Hanning Zhou"),
    venue="DLRS",
    year=2016,
    url="https://arxiv.org/abs/1606.07674",
    protocol="holdout_10pct",
    models=_MODELS,
    proposed=("implicit_cf_nade",),
    lead="implicit_cf_nade",
    references=("implicit_cf_nade_normalised", "item_pop"),
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
    try_on="lastfm-2k",
    studies=STUDIES,
    sizes=(DataSize("tv-watch", 444_480, 17_348, None, "section 5.1"),),
    deviations=(
        "The watch counts that the paper uses are private; all numbers here are from other data sets.",
        "The activation, the start of the weights and the number of epochs are not in the paper.",
        "`implicit_cf_nade_normalised` is our variant: it divides the input by its length and is trained "
        "with Adam. The printed model is `implicit_cf_nade`.",
        "Percentile ranks run over all items but a user's training items; the paper does not say.",
    ),
)
