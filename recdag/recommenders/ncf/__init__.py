"""Neural collaborative filtering: GMF, MLP and NeuMF."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recdag.recommenders.config import Config, hyper
from recdag.recommenders.spec import ModelSpec


@dataclass(frozen=True)
class GMFConfig(Config):
    """Generalized matrix factorization."""

    factors: int = hyper(8, "predictive factors: length of the user and item vectors", ge=1)
    epochs: int = hyper(30, "passes over the positives", ge=1)
    patience: int | None = hyper(5, "validations without improvement before training ends")
    negatives: int = hyper(4, "negatives drawn for each positive, anew in each epoch", ge=1)
    learning_rate: float = hyper(0.001, "step size of Adam", gt=0)
    batch_size: int = hyper(256, "positives and negatives a step", ge=1)


@dataclass(frozen=True)
class MLPConfig(GMFConfig):
    """Multi-layer perceptron; `factors` is the width of its last layer."""

    layers: int = hyper(3, "hidden layers, each half as wide as the one below; 0: none", ge=0, le=10)
    embedding: Literal["repository", "paper"] = hyper(
        "repository",
        "repository: user and item vector together are twice as wide as the first hidden layer; paper: as "
        "wide as that layer",
    )


@dataclass(frozen=True)
class NeuMFConfig(MLPConfig):
    """Neural matrix factorization: GMF and MLP with `factors` predictive factors each."""


@dataclass(frozen=True)
class PretrainedNeuMFConfig(NeuMFConfig):
    """NeuMF that starts from a trained GMF and a trained MLP; `patience` holds for all three."""

    epochs: int = hyper(10, "passes that train both parts together with SGD; 0: none", ge=0)
    learning_rate: float = hyper(0.001, "step size of SGD", gt=0)
    batch_size: int = hyper(256, "positives and negatives a step of SGD", ge=1)
    gmf_epochs: int = hyper(30, "passes that train GMF", ge=1)
    mlp_epochs: int = hyper(30, "passes that train MLP", ge=1)
    gmf_learning_rate: float = hyper(0.001, "step size of Adam for GMF", gt=0)
    mlp_learning_rate: float = hyper(0.001, "step size of Adam for MLP", gt=0)
    pretrain_batch_size: int = hyper(256, "positives and negatives a step of GMF and of MLP", ge=1)
    alpha: float = hyper(0.5, "share of GMF in the first output weights, 1 - alpha that of MLP", ge=0, le=1)


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
