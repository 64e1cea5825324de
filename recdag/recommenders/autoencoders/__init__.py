"""Mult-DAE, Mult-VAE and their other likelihoods."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from recdag.recommenders.config import NetworkConfig, Widths
from recdag.recommenders.spec import ModelSpec


class AutoencoderConfig(NetworkConfig):
    """What all autoencoders share."""

    hidden: Widths = Field(
        [200],
        description="widths of the encoder's layers, the last one is the code; the decoder mirrors them",
    )
    dropout: float = Field(0.5, ge=0, lt=1, description="share of the input items dropped in training")
    learning_rate: float = Field(0.001, gt=0, description="step size of Adam")
    batch_size: int = Field(500, ge=1, description="users a step")
    precision: Literal["float32", "bfloat16"] = Field(
        "float32",
        description="number format of the decoder's matrix products in training; scores are float32",
    )


class DAEConfig(AutoencoderConfig):
    """Denoising autoencoder."""

    l2: float = Field(2e-5, ge=0, description="penalty lambda: lambda * |W|^2 on all weights, none on biases")


class VAEConfig(AutoencoderConfig):
    """Variational autoencoder with an annealed weight beta of the KL term."""

    hidden: Widths = Field(
        [600, 200],
        description=(
            "widths of the encoder's layers, the last one is the latent size; the decoder mirrors them"
        ),
    )
    procedure: Literal["anneal_then_cap", "single_run"] = Field(
        "anneal_then_cap",
        description=(
            "anneal_then_cap: a first run anneals beta to 1, a second stops at the beta that validated best"
            " in the first; single_run: beta grows up to beta_cap"
        ),
    )
    beta_cap: float = Field(0.2, ge=0, description="single_run: largest weight beta of the KL term")
    anneal_epochs: int = Field(
        200, ge=1, description="epochs in which beta would grow from 0 to 1, linearly by step"
    )
    anneal_steps: int | None = Field(
        None, ge=1, description="the same in optimizer steps; takes the place of anneal_epochs"
    )


class MultDAEConfig(DAEConfig):
    """Mult-DAE."""


class MultVAEConfig(VAEConfig):
    """Mult-VAE^PR."""


class GaussianDAEConfig(DAEConfig):
    """Denoising autoencoder with weighted squared error."""

    positive_weight: float = Field(10.0, gt=0, description="weight c1 of a chosen item")
    unobserved_weight: float = Field(1.0, gt=0, description="weight c0 of any other item")


class GaussianVAEConfig(VAEConfig):
    """Variational autoencoder with weighted squared error."""

    positive_weight: float = Field(10.0, gt=0, description="weight c1 of a chosen item")
    unobserved_weight: float = Field(1.0, gt=0, description="weight c0 of any other item")


class LogisticDAEConfig(DAEConfig):
    """Denoising autoencoder with one binary cross-entropy an item."""


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
