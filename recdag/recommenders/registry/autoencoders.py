"""Autoencoders on users' items."""

from recdag.recommenders.configs import autoencoders, cdae
from recdag.recommenders.registry.spec import ModelSpec

SPECS = (
    ModelSpec(
        "mult_dae",
        "autoencoders",
        "MultDAE",
        autoencoders.MultDAEConfig,
        "1",
        True,
        ("hidden",),
        "Denoising autoencoder with a multinomial likelihood (Liang et al. 2018): learns to give "
        "back a user's items from a part of them.",
        title="Mult-DAE",
    ),
    ModelSpec(
        "mult_vae_pr",
        "autoencoders",
        "MultVAE",
        autoencoders.MultVAEConfig,
        "1",
        True,
        ("hidden",),
        "Partially regularized variational autoencoder with a multinomial likelihood (Liang et al. "
        "2018): KL annealing stops at the weight beta that validates best.",
        title="Mult-VAE^PR",
    ),
    ModelSpec(
        "gaussian_dae",
        "autoencoders",
        "GaussianDAE",
        autoencoders.GaussianDAEConfig,
        "1",
        True,
        ("hidden",),
        "Mult-DAE's network with weighted squared error (Liang et al. 2018, Table 4): chosen items weigh "
        "more than the others.",
        title="Gaussian-DAE",
    ),
    ModelSpec(
        "gaussian_vae_pr",
        "autoencoders",
        "GaussianVAE",
        autoencoders.GaussianVAEConfig,
        "1",
        True,
        ("hidden",),
        "Mult-VAE^PR's network with weighted squared error (Liang et al. 2018, Table 4): chosen items "
        "weigh more than the others.",
        title="Gaussian-VAE^PR",
    ),
    ModelSpec(
        "logistic_dae",
        "autoencoders",
        "LogisticDAE",
        autoencoders.LogisticDAEConfig,
        "1",
        True,
        ("hidden",),
        "Mult-DAE's network with a binary cross-entropy for each item (Liang et al. 2018, Table 4).",
        title="Logistic-DAE",
    ),
    ModelSpec(
        "logistic_vae_pr",
        "autoencoders",
        "LogisticVAE",
        autoencoders.LogisticVAEConfig,
        "1",
        True,
        ("hidden",),
        "Mult-VAE^PR's network with a binary cross-entropy for each item (Liang et al. 2018, Table 4).",
        title="Logistic-VAE^PR",
    ),
    ModelSpec(
        "cdae",
        "cdae",
        "CDAE",
        cdae.CDAEConfig,
        "1",
        True,
        ("factors",),
        "Collaborative denoising autoencoder (Wu et al. 2016): gives back a user's items from a part of "
        "them and a vector of the user.",
        title="CDAE",
    ),
)
