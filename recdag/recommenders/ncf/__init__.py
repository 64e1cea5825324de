"""Neural collaborative filtering: GMF, MLP and NeuMF."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from recdag.recommenders.config import Config
from recdag.recommenders.spec import ModelSpec


class GMFConfig(Config):
    """Generalized matrix factorization."""

    factors: int = Field(8, ge=1, description="predictive factors: length of the user and item vectors")
    epochs: int = Field(30, ge=1, description="passes over the positives")
    patience: int | None = Field(5, description="validations without improvement before training ends")
    negatives: int = Field(4, ge=1, description="negatives drawn for each positive, anew in each epoch")
    learning_rate: float = Field(0.001, gt=0, description="step size of Adam")
    batch_size: int = Field(256, ge=1, description="positives and negatives a step")


class MLPConfig(GMFConfig):
    """Multi-layer perceptron; `factors` is the width of its last layer."""

    layers: int = Field(
        3, ge=0, le=10, description="hidden layers, each half as wide as the one below; 0: none"
    )
    embedding: Literal["repository", "paper"] = Field(
        "repository",
        description=(
            "repository: user and item vector together are twice as wide as the first hidden layer; paper: "
            "as wide as that layer"
        ),
    )


class NeuMFConfig(MLPConfig):
    """Neural matrix factorization: GMF and MLP with `factors` predictive factors each."""


class PretrainedNeuMFConfig(NeuMFConfig):
    """NeuMF that starts from a trained GMF and a trained MLP; `patience` holds for all three."""

    epochs: int = Field(10, ge=0, description="passes that train both parts together with SGD; 0: none")
    learning_rate: float = Field(0.001, gt=0, description="step size of SGD")
    batch_size: int = Field(256, ge=1, description="positives and negatives a step of SGD")
    gmf_epochs: int = Field(30, ge=1, description="passes that train GMF")
    mlp_epochs: int = Field(30, ge=1, description="passes that train MLP")
    gmf_learning_rate: float = Field(0.001, gt=0, description="step size of Adam for GMF")
    mlp_learning_rate: float = Field(0.001, gt=0, description="step size of Adam for MLP")
    pretrain_batch_size: int = Field(
        256, ge=1, description="positives and negatives a step of GMF and of MLP"
    )
    alpha: float = Field(
        0.5, ge=0, le=1, description="share of GMF in the first output weights, 1 - alpha that of MLP"
    )


PLACE = 9
SPECS = (
    ModelSpec(
        name="gmf",
        title="GMF",
        module=f"{__name__}.model",
        class_name="GMF",
        config=GMFConfig,
        version="1",
        variant=("factors",),
        summary=(
            "Generalized matrix factorization (He et al. 2017, section 3.2): a learned weighting of "
            "the elementwise product of user and item embeddings."
        ),
    ),
    ModelSpec(
        name="mlp",
        title="MLP",
        module=f"{__name__}.model",
        class_name="MLP",
        config=MLPConfig,
        version="1",
        variant=("factors", "layers"),
        summary=(
            "Multi-layer perceptron on concatenated user and item embeddings (He et al. 2017, section "
            "3.3): the interaction function is learned."
        ),
    ),
    ModelSpec(
        name="neumf",
        title="NeuMF",
        module=f"{__name__}.model",
        class_name="NeuMF",
        config=NeuMFConfig,
        version="1",
        variant=("factors",),
        summary=(
            "Neural matrix factorization (He et al. 2017, section 3.4): GMF and MLP side by side, "
            "joined in the last layer, trained from scratch."
        ),
    ),
    ModelSpec(
        name="neumf_pretrain",
        title="NeuMF (pre-trained)",
        module=f"{__name__}.model",
        class_name="PretrainedNeuMF",
        config=PretrainedNeuMFConfig,
        version="1",
        variant=("factors",),
        summary=(
            "NeuMF that starts from a trained GMF and a trained MLP (He et al. 2017, section 3.4.1) "
            "and goes on with plain SGD."
        ),
    ),
)
