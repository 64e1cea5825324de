"""Mult-DAE, Mult-VAE and their other likelihoods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recdag.errors import ConfigError
from recdag.recommenders.config import NetworkConfig, hyper
from recdag.recommenders.spec import ModelSpec


@dataclass(frozen=True)
class AutoencoderConfig(NetworkConfig):
    """What all autoencoders share."""

    hidden: list[int] = hyper(
        [200], "widths of the encoder's layers, the last one is the code; the decoder mirrors them", ge=1
    )
    dropout: float = hyper(0.5, "share of the input items dropped in training", ge=0, lt=1)
    learning_rate: float = hyper(0.001, "step size of Adam", gt=0)
    batch_size: int = hyper(500, "users a step", ge=1)
    precision: Literal["float32", "bfloat16"] = hyper(
        "float32", "number format of the decoder's matrix products in training; scores are float32"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.hidden:
            raise ConfigError("hidden has to name at least one layer", cure="For example hidden: [200]")


@dataclass(frozen=True)
class DAEConfig(AutoencoderConfig):
    """Denoising autoencoder."""

    l2: float = hyper(2e-5, "penalty lambda: lambda * |W|^2 on all weights, none on biases", ge=0)


@dataclass(frozen=True)
class VAEConfig(AutoencoderConfig):
    """Variational autoencoder with an annealed weight beta of the KL term."""

    hidden: list[int] = hyper(
        [600, 200],
        "widths of the encoder's layers, the last one is the latent size; the decoder mirrors them",
        ge=1,
    )
    procedure: Literal["anneal_then_cap", "single_run"] = hyper(
        "anneal_then_cap",
        "anneal_then_cap: a first run anneals beta to 1, a second stops at the beta that validated best in "
        "the first; single_run: beta grows up to beta_cap",
    )
    beta_cap: float = hyper(0.2, "single_run: largest weight beta of the KL term", ge=0)
    anneal_epochs: int = hyper(200, "epochs in which beta would grow from 0 to 1, linearly by step", ge=1)
    anneal_steps: int | None = hyper(None, "the same in optimizer steps; takes the place of anneal_epochs")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.anneal_steps is not None and self.anneal_steps < 1:
            raise ConfigError(f"anneal_steps={self.anneal_steps} has to be >= 1")


@dataclass(frozen=True)
class MultDAEConfig(DAEConfig):
    """Mult-DAE."""


@dataclass(frozen=True)
class MultVAEConfig(VAEConfig):
    """Mult-VAE^PR."""


@dataclass(frozen=True)
class GaussianDAEConfig(DAEConfig):
    """Denoising autoencoder with weighted squared error."""

    positive_weight: float = hyper(10.0, "weight c1 of a chosen item", gt=0)
    unobserved_weight: float = hyper(1.0, "weight c0 of any other item", gt=0)


@dataclass(frozen=True)
class GaussianVAEConfig(VAEConfig):
    """Variational autoencoder with weighted squared error."""

    positive_weight: float = hyper(10.0, "weight c1 of a chosen item", gt=0)
    unobserved_weight: float = hyper(1.0, "weight c0 of any other item", gt=0)


@dataclass(frozen=True)
class LogisticDAEConfig(DAEConfig):
    """Denoising autoencoder with one binary cross-entropy an item."""


@dataclass(frozen=True)
class LogisticVAEConfig(VAEConfig):
    """Variational autoencoder with one binary cross-entropy an item."""


PLACE = 7
SPECS = (
    ModelSpec(
        name="mult_dae",
        title="Mult-DAE",
        module=f"{__name__}.model",
        class_name="MultDAE",
        config=MultDAEConfig,
        version="1",
        variant=("hidden",),
        summary=(
            "Denoising autoencoder with a multinomial likelihood (Liang et al. 2018): learns to give "
            "back a user's items from a part of them."
        ),
    ),
    ModelSpec(
        name="mult_vae_pr",
        title="Mult-VAE^PR",
        module=f"{__name__}.model",
        class_name="MultVAE",
        config=MultVAEConfig,
        version="1",
        variant=("hidden",),
        summary=(
            "Partially regularized variational autoencoder with a multinomial likelihood (Liang et al. "
            "2018): KL annealing stops at the weight beta that validates best."
        ),
    ),
    ModelSpec(
        name="gaussian_dae",
        title="Gaussian-DAE",
        module=f"{__name__}.model",
        class_name="GaussianDAE",
        config=GaussianDAEConfig,
        version="1",
        variant=("hidden",),
        summary=(
            "Mult-DAE's network with weighted squared error (Liang et al. 2018, Table 4): chosen items weigh "
            "more than the others."
        ),
    ),
    ModelSpec(
        name="gaussian_vae_pr",
        title="Gaussian-VAE^PR",
        module=f"{__name__}.model",
        class_name="GaussianVAE",
        config=GaussianVAEConfig,
        version="1",
        variant=("hidden",),
        summary=(
            "Mult-VAE^PR's network with weighted squared error (Liang et al. 2018, Table 4): chosen items "
            "weigh more than the others."
        ),
    ),
    ModelSpec(
        name="logistic_dae",
        title="Logistic-DAE",
        module=f"{__name__}.model",
        class_name="LogisticDAE",
        config=LogisticDAEConfig,
        version="1",
        variant=("hidden",),
        summary="Mult-DAE's network with a binary cross-entropy for each item (Liang et al. 2018, Table 4).",
    ),
    ModelSpec(
        name="logistic_vae_pr",
        title="Logistic-VAE^PR",
        module=f"{__name__}.model",
        class_name="LogisticVAE",
        config=LogisticVAEConfig,
        version="1",
        variant=("hidden",),
        summary=(
            "Mult-VAE^PR's network with a binary cross-entropy for each item (Liang et al. 2018, Table 4)."
        ),
    ),
)
