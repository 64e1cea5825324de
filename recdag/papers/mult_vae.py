"""Variational autoencoders for collaborative filtering (Liang et al. 2018)."""

from recdag.papers.paper import DataSize, Paper
from recdag.studies.activity import ByActivity
from recdag.studies.curves import Curves
from recdag.studies.grid import Series
from recdag.studies.results import Results
from recdag.studies.seeds import by_seed

_PROPOSED = (
    "mult_vae_pr",
    "mult_dae",
    "gaussian_vae_pr",
    "gaussian_dae",
    "logistic_vae_pr",
    "logistic_dae",
)
_MODELS = (*_PROPOSED, "wmf", "slim", "cdae")

_ONE_RUN = {"procedure": "single_run", "beta_cap": 1.0}

STUDIES = (
    Results(
        id="comparison",
        title="All models",
        figure="Table 2",
        sources=("Table 2",),
        summary="The paper's main table.",
        quick=True,
        models=("mult_vae_pr", "mult_dae", "wmf", "slim", "cdae"),
        metrics=("ndcg@100", "recall@20", "recall@50"),
    ),
    Results(
        id="likelihoods",
        title="Multinomial, Gaussian and logistic likelihood",
        figure="Table 4",
        sources=("Table 4",),
        summary="The same networks under three likelihoods.",
        quick=True,
        models=(
            "mult_vae_pr",
            "gaussian_vae_pr",
            "logistic_vae_pr",
            "mult_dae",
            "gaussian_dae",
            "logistic_dae",
        ),
        metrics=("ndcg@100", "recall@20", "recall@50"),
    ),
    ByActivity(
        id="activity",
        title="Quintiles of user activity",
        figure="Figure 3",
        summary="Who gains: users in five groups by the number of items given, with paired t-tests of the "
        "variational against the other models.",
        quick=True,
        models=("mult_vae_pr", "mult_dae", "wmf", "ease", "item_pop"),
        metric="ndcg@100",
    ),
    Curves(
        id="annealing",
        title="Weight beta of the KL term",
        figure="Figure 1",
        summary="Quality on validation where beta is 1 at once, grows to 1, or stops where it was best.",
        series=(
            Series("mult_vae_pr", "beta = 1", {**_ONE_RUN, "anneal_steps": 1}),
            Series("mult_vae_pr", "annealed to 1", _ONE_RUN),
            Series("mult_vae_pr", "stopped at the best", {"procedure": "anneal_then_cap"}),
        ),
        axes={},
        metrics=("ndcg@100",),
        values=("validation",),
    ),
    by_seed(_MODELS, ("ndcg@100",)),
)

PAPER = Paper(
    id="mult_vae",
    title="Variational Autoencoders for Collaborative Filtering",
    authors=("Dawen Liang", "Rahul G. Krishnan", "Matthew D. Hoffman", "Tony Jebara"),
    venue="WWW",
    year=2018,
    url="https://arxiv.org/abs/1802.05814",
    protocol="strong_generalization",
    models=_MODELS,
    proposed=_PROPOSED,
    lead="mult_vae_pr",
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
    try_on="ml-20m",
    studies=STUDIES,
    sizes=(
        DataSize("ml-20m", 136_677, 20_108, 10_000_000, "Table 1"),
        DataSize("netflix", 463_435, 17_769, 56_900_000, "Table 1"),
        DataSize("msd", 571_355, 41_140, 33_600_000, "Table 1"),
        DataSize("ml-1m", 6_040, 3_704, None, "section 4.5"),
        DataSize("pinterest", 55_187, 9_916, None, "section 4.5"),
    ),
    deviations=(
        "The weight of the Gaussian and the logistic likelihood is not in the paper; ours are chosen on "
        "validation.",
        "The weight of the negatives in CDAE's loss is not in the paper; it follows from the stated likeness "
        "to five negatives for each positive.",
        "CDAE has no vector for a user who took no part in training; it is given none.",
    ),
)
