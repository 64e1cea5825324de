"""Models that learn from several kinds of feedback: Met, MF, M-MLP, both, MFPR."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recdag.recommenders.config import Config, hyper
from recdag.recommenders.spec import ModelSpec


@dataclass(frozen=True)
class MetConfig(Config):
    """Nothing to choose."""


@dataclass(frozen=True)
class FeedbackConfig(Config):
    """What all of them share: pairs of an item chosen and one not chosen, and steps of Adam."""

    factors: int = hyper(16, "length d of the user and item vectors; the paper's best is 4", ge=1)
    epochs: int = hyper(60, "passes over the positives", ge=1)
    patience: int | None = hyper(8, "validations without improvement before training ends")
    negatives: int = hyper(3, "negatives drawn for each positive, anew in each epoch", ge=1)
    sampler: Literal["uniform", "supportive", "mixed"] = hyper(
        "uniform",
        "uniform: any item not chosen; supportive: as the paper says, items that the user met in supportive "
        "feedback only, among them the held-out items that she clicked; mixed: supportive with probability "
        "supportive_share, else uniform",
    )
    supportive_share: float = hyper(0.5, "mixed: share rho of supportive negatives", ge=0, le=1)
    learning_rate: float = hyper(0.005, "step size of Adam", gt=0)
    batch_size: int = hyper(1024, "positives a step; the paper's is 1", ge=1)
    init_std: float = hyper(0.01, "standard deviation of the parameters at the start", gt=0)


@dataclass(frozen=True)
class MFConfig(FeedbackConfig):
    """Matrix factorization (equation 1)."""

    loss: Literal["pairwise", "bce"] = hyper(
        "pairwise",
        "pairwise: -ln sigmoid(z_ui - z_uj); bce: binary cross-entropy of every positive and negative",
    )


@dataclass(frozen=True)
class MMLPConfig(MFConfig):
    """Multi-branch multi-layer perceptron (equations 2 to 4)."""

    layers: int = hyper(2, "hidden layers of each branch, all of width `factors`", ge=1, le=10)
    branches_learn: Literal["by_pair", "by_item"] = hyper(
        "by_pair",
        "when a supportive branch learns from chosen item i and negative j; by_pair: from both where i has "
        "its feedback; by_item: from each of the two that has it, the letter of section 3.3, by which it "
        "sees hardly any uniform negative",
    )


@dataclass(frozen=True)
class MFMMLPConfig(MMLPConfig):
    """Both, joined in the last layer (equations 5 to 7)."""


@dataclass(frozen=True)
class MFPRConfig(FeedbackConfig):
    """MFPR, adapted: a factorization whose users are enriched by what they met in each feedback."""

    l2: float = hyper(0.01, "L2 regularization of the vectors of each pair", ge=0)
    own_feedback: bool = hyper(
        True,
        "let a user's supportive feedback on an item count in the score of that very item; among candidates "
        "that she never touched, this alone tells the held-out item",
    )


PLACE = 11
SPECS = (
    ModelSpec(
        name="met",
        title="Met before",
        module=f"{__name__}.met",
        class_name="Met",
        config=MetConfig,
        version="1",
        learns_by_epochs=False,
        needs_supportive=True,
        random=False,
        libraries=("numpy",),
        summary=(
            "Ranks first what a user met in another behaviour: by behaviour, how often and when last, then "
            "by popularity. The floor for models of several kinds of feedback; no paper here compares with "
            "it."
        ),
    ),
    ModelSpec(
        name="mf",
        title="MF",
        module=f"{__name__}.model",
        class_name="MF",
        config=MFConfig,
        version="1",
        variant=("factors", "negatives", "sampler"),
        summary=(
            "The matrix factorization part of MF + multi-branch MLP alone (equation 1), trained on pairs. "
            "Its negatives come from the sampler of the whole model."
        ),
    ),
    ModelSpec(
        name="mmlp",
        title="M-MLP",
        module=f"{__name__}.model",
        class_name="MMLP",
        config=MMLPConfig,
        version="1",
        variant=("factors", "negatives", "layers", "sampler"),
        summary=(
            "The multi-branch perceptron alone (equations 2 to 4): one branch a feedback type, joined at "
            "the end. A branch learns only from pairs with its feedback."
        ),
    ),
    ModelSpec(
        name="mf_mmlp",
        title="MF + M-MLP",
        module=f"{__name__}.model",
        class_name="MFMMLP",
        config=MFMMLPConfig,
        version="1",
        variant=("factors", "negatives", "layers", "sampler"),
        summary=(
            "Matrix factorization and multi-branch perceptron side by side (equations 5 to 7), for "
            "several types of feedback. The paper's own model."
        ),
    ),
    ModelSpec(
        name="mfpr",
        title="MFPR",
        module=f"{__name__}.mfpr",
        class_name="MFPR",
        config=MFPRConfig,
        version="1",
        variant=("factors", "sampler"),
        adapted=True,
        summary=(
            "Multi-feedback pairwise ranking, adapted: pairwise factorization whose user vectors gain "
            "from the items of every feedback type. The original's text was not at hand, so this is a "
            "reading of it."
        ),
    ),
)
