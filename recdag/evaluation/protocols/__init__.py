"""The protocols by name: how interactions are split, what is ranked, which metrics are reported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from recdag.errors import ConfigError
from recdag.evaluation.protocols.holdouts import five_fold_cv, holdout_10pct, user_holdout
from recdag.evaluation.protocols.leave_one_out import leave_one_out
from recdag.evaluation.protocols.matrices import build_split, build_splits
from recdag.evaluation.protocols.options import ProtocolOptions, PublishedSplit
from recdag.evaluation.protocols.strong_generalization import strong_generalization
from recdag.evaluation.split import Assignment, Interactions

__all__ = [
    "PROTOCOLS",
    "Protocol",
    "ProtocolOptions",
    "PublishedSplit",
    "build_split",
    "build_splits",
    "protocol",
]


@dataclass(frozen=True)
class Protocol:
    """One way of putting recommenders to the test.

    Attributes:
        name: snake_case id, the same in asset keys, recipes and tables.
        title: name for people.
        description: split, candidates and source in a few sentences.
        selection_metric: what hyperparameters are chosen by, on validation.
        metrics: what is reported on test.
        samples_candidates: ranks a sample of items instead of all.
        assign: interactions and options to an assignment of interactions to parts.
    """

    name: str
    title: str
    description: str
    selection_metric: str
    metrics: tuple[str, ...]
    samples_candidates: bool
    assign: Callable[[Interactions, ProtocolOptions], Assignment]


_ALL = (
    Protocol(
        name="holdout_10pct",
        title="10 % of every user's cells",
        description="Implicit CF-NADE: a random 10 % of every user's cells is test, 5 % validation. All "
        "items but the user's known ones are ranked; a held-out cell weighs its relative "
        "rating.",
        selection_metric="mpr",
        metrics=("mpr", "ndcg@100", "recall@20", "recall@50"),
        samples_candidates=False,
        assign=holdout_10pct,
    ),
    Protocol(
        name="strong_generalization",
        title="Strong generalization",
        description="Mult-VAE: validation and test users are not in training; 80 % of their items are "
        "given, 20 % are to be ranked high among all items of training users.",
        selection_metric="ndcg@100",
        metrics=("recall@20", "recall@50", "ndcg@100"),
        samples_candidates=False,
        assign=strong_generalization,
    ),
    Protocol(
        name="leave_one_out",
        title="Leave one out, 99 sampled",
        description="Neural collaborative filtering: a user's latest item is ranked among 99 items she "
        "never touched. Sampled metrics do not compare with full rankings.",
        selection_metric="ndcg@10",
        metrics=("hr@10", "ndcg@10"),
        samples_candidates=True,
        assign=leave_one_out,
    ),
    Protocol(
        name="five_fold_cv",
        title="Five-fold cross-validation",
        description="FAWMF: five folds of the interactions with items that have at least three. All items"
        " but the training items are ranked; recall divides by the number of test items, MRR "
        "is a sum.",
        selection_metric="precision@5",
        metrics=("precision@5", "recall_plain@5", "ndcg@5", "mrr_sum"),
        samples_candidates=False,
        assign=five_fold_cv,
    ),
    Protocol(
        name="user_holdout",
        title="Last 10 % of every user",
        description="The common benchmark: a user's last 10 % is test, the 10 % before validation, at "
        "random where there is no time. All items not seen are ranked.",
        selection_metric="ndcg@20",
        metrics=(
            "recall@20",
            "recall@50",
            "ndcg@20",
            "ndcg@100",
            "precision@5",
            "mrr",
            "map",
            "mpr",
            "coverage@20",
        ),
        samples_candidates=False,
        assign=user_holdout,
    ),
)

PROTOCOLS: dict[str, Protocol] = {each.name: each for each in _ALL}


def protocol(name: str) -> Protocol:
    """The protocol called `name`.

    Raises:
        ConfigError: there is none.
    """
    if name not in PROTOCOLS:
        raise ConfigError(f"no protocol is called {name!r}", cure=f"Known: {', '.join(PROTOCOLS)}")
    return PROTOCOLS[name]
