"""Matrix factorization and a multi-branch MLP over several kinds of implicit feedback.

The text at hand carries no title page, so title, authors, venue and year are not stated as the
publication's own.
"""

from recdag.papers.paper import Paper

PAPER = Paper(
    id="multi_feedback",
    title="Matrix factorization with a multi-branch MLP over several kinds of feedback (MF + M-MLP)",
    authors=(),
    venue="",
    year=None,
    url=None,
    protocol="leave_one_out",
    models=("mf_mmlp", "mf", "mmlp", "mfpr", "bpr", "wmf", "neumf"),
    references=("item_pop",),
    metrics=("hr@10", "ndcg@10"),
    summary=(
        "One network for purchases, clicks, favourites and carts: a branch of an MLP for each kind of "
        "feedback, joined with a matrix factorization. Judged on a sample of Taobao's users by the rank "
        "of the latest purchase among 99 untouched items."
    ),
    claim_sentence=(
        "Learning from all four kinds of feedback at once predicts a user's next purchase better than "
        "models that see purchases alone, and better than another model that sees them all."
    ),
)
