"""Models that learn from several kinds of feedback: Met, MF, M-MLP, both, MFPR."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from recdag.recommenders.config import Config
from recdag.recommenders.spec import ModelSpec


class MetConfig(Config):
    """Nothing to choose."""


class FeedbackConfig(Config):
    """What all of them share: pairs of an item chosen and one not chosen, and steps of Adam."""

    factors: int = Field(16, ge=1, description="length d of the user and item vectors; the paper's best is 4")
    epochs: int = Field(60, ge=1, description="passes over the positives")
    patience: int | None = Field(8, description="validations without improvement before training ends")
    negatives: int = Field(3, ge=1, description="negatives drawn for each positive, anew in each epoch")
    sampler: Literal["uniform", "supportive", "mixed"] = Field(
        "uniform",
        description=(
            "uniform: any item not chosen; supportive: as the paper says, items that the user met in "
            "supportive feedback only, among them the held-out items that she clicked; mixed: supportive "
            "with probability supportive_share, else uniform"
        ),
    )
    supportive_share: float = Field(0.5, ge=0, le=1, description="mixed: share rho of supportive negatives")
    learning_rate: float = Field(0.005, gt=0, description="step size of Adam")
    batch_size: int = Field(1024, ge=1, description="positives a step; the paper's is 1")
    init_std: float = Field(0.01, gt=0, description="standard deviation of the parameters at the start")


class MFConfig(FeedbackConfig):
    """Matrix factorization (equation 1)."""

    loss: Literal["pairwise", "bce"] = Field(
        "pairwise",
        description=(
            "pairwise: -ln sigmoid(z_ui - z_uj); bce: binary cross-entropy of every positive and negative"
        ),
    )


class MMLPConfig(MFConfig):
    """Multi-branch multi-layer perceptron (equations 2 to 4)."""

    layers: int = Field(2, ge=1, le=10, description="hidden layers of each branch, all of width `factors`")
    branches_learn: Literal["by_pair", "by_item"] = Field(
        "by_pair",
        description=(
            "when a supportive branch learns from chosen item i and negative j; by_pair: from both where i "
            "has its feedback; by_item: from each of the two that has it, the letter of section 3.3, by "
            "which it sees hardly any uniform negative"
        ),
    )


class MFMMLPConfig(MMLPConfig):
    """Both, joined in the last layer (equations 5 to 7)."""


class MFPRConfig(FeedbackConfig):
    """MFPR, adapted: a factorization whose users are enriched by what they met in each feedback."""

    l2: float = Field(0.01, ge=0, description="L2 regularization of the vectors of each pair")
    own_feedback: bool = Field(
        True,
        description=(
            "let a user's supportive feedback on an item count in the score of that very item; among "
            "candidates that she never touched, this alone tells the held-out item"
        ),
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
