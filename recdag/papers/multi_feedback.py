"""Matrix factorization and a multi-branch MLP over several kinds of implicit feedback.

The text at hand carries no title page, so title, authors, venue and year are not stated as the
publication's own.
"""

from recdag.evaluation.metrics import ALL_USERS, USER_GROUPS
from recdag.papers.paper import DataSize, Paper
from recdag.studies.candidates import Candidates
from recdag.studies.curves import Curves
from recdag.studies.grid import Grid, Series
from recdag.studies.results import Results
from recdag.studies.seeds import by_seed

METRICS = ("hr@10", "ndcg@10")
_MODELS = ("mf_mmlp", "mf", "mmlp", "mfpr", "bpr", "wmf", "neumf")
_REFERENCES = ("item_pop", "met")

STUDIES = (
    Grid(
        id="factors",
        title="Length of the embeddings",
        figure="Table 2",
        sources=("Table 2",),
        summary="mf_mmlp by the length d of its user and item vectors.",
        series=(Series("mf_mmlp"),),
        axes={"factors": (2, 4, 8, 16, 32)},
        by_dataset={"demo": {"factors": (4, 8)}},
        x="factors",
        metrics=METRICS,
    ),
    Grid(
        id="negatives",
        title="Negatives for each positive",
        figure="Table 3",
        sources=("Table 3",),
        summary="mf_mmlp by the number of negatives and the length of its vectors.",
        series=(Series("mf_mmlp"),),
        axes={"negatives": (1, 2, 3, 4), "factors": (4, 8, 16)},
        by_dataset={"demo": {"negatives": (1, 3), "factors": (8,)}},
        x="negatives",
        metrics=METRICS,
    ),
    Curves(
        id="layers",
        title="Layers of the branches over epochs",
        figure="Figure 3",
        summary="Quality on validation after each epoch, for one to four layers a branch.",
        series=(Series("mf_mmlp"),),
        axes={"layers": (1, 2, 3, 4)},
        by_dataset={"demo": {"layers": (1, 2)}},
        metrics=METRICS,
        values=("validation",),
    ),
    Grid(
        id="samplers",
        title="Where negatives come from",
        summary="The paper's sampler makes negatives of items that a user clicked and did not buy, among "
        "them the held-out purchase; uniform negatives and a mixture of both stand beside it.",
        series=tuple(Series(model) for model in ("mf_mmlp", "mmlp", "mf", "mfpr")),
        axes={"sampler": ("supportive", "uniform", "mixed")},
        by_dataset={"demo": {"sampler": ("supportive", "uniform")}},
        x=None,
        metrics=METRICS,
        users=(ALL_USERS, *USER_GROUPS),
    ),
    Results(
        id="comparison",
        title="All models",
        figure="Table 4",
        sources=("Table 4",),
        summary="The paper's main table.",
        quick=True,
        models=("mf_mmlp", "mfpr", "neumf", "wmf", "bpr"),
        metrics=METRICS,
    ),
    Candidates(
        id="candidates",
        title="What was not interacted with",
        summary="The paper ranks a purchase among 99 items that the user has not interacted with. Read as "
        "items that she touched in no behaviour, a look into her other behaviours tells the purchase from "
        "them: see met. Here the same models, none trained again, also rank it among items that she touched "
        "and did not buy, filled up with untouched ones where there are fewer than 99.",
        quick=True,
        models=(*_MODELS, *_REFERENCES),
        metrics=METRICS,
    ),
    by_seed(_MODELS, METRICS),
)

PAPER = Paper(
    id="multi_feedback",
    title="Matrix factorization with a multi-branch MLP over several kinds of feedback (MF + M-MLP)",
    authors=(),
    venue="",
    year=None,
    url=None,
    protocol="leave_one_out",
    models=_MODELS,
    proposed=("mf_mmlp", "mf", "mmlp"),
    lead="mf_mmlp",
    needs_supportive=True,
    references=_REFERENCES,
    metrics=METRICS,
    by_feedback=("hr@10",),
    summary=(
        "One network for purchases, clicks, favourites and carts: a branch of an MLP for each kind of "
        "feedback, joined with a matrix factorization. Judged on a sample of Taobao's users by the rank "
        "of the latest purchase among 99 items that the user touched in no behaviour; the study of "
        "candidates shows the other reading, among items touched and not bought."
    ),
    claim_sentence=(
        "Learning from all four kinds of feedback at once predicts a user's next purchase better than "
        "models that see purchases alone, and better than another model that sees them all."
    ),
    try_on="alibaba-2014",
    studies=STUDIES,
    sizes=(DataSize("taobao", 19_576, 629_758, 2_003_670, "Table 1"),),
    deviations=(
        'The 99 items "that are not interacted by the users" are read as items that the user touched in no '
        "behaviour. Where she touched what she bought, met, which learns next to nothing, ranks the purchase "
        "first; the study of candidates shows all models among items touched and not bought, too.",
        "Only the purchase is held out: the user's other behaviours stay in training whole, as the paper "
        "does not say otherwise, those of the day of the purchase and later ones too.",
        "The authors' sample of Taobao's users is not published; all numbers here are from other users.",
        "The loss that joins the positive and the negatives is not printed; ours is the logistic loss of the "
        "difference of their scores.",
        "The paper trains on one pair at a time; we train on batches.",
        "Where a user has no item with supportive feedback only, a negative is drawn from all untouched "
        "items.",
        "MFPR was built from its abstract and the description in this paper, and is labelled adapted.",
    ),
)
