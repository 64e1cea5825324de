"""Every recommender by name, without importing torch until one is made."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recdag.errors import ConfigError
from recdag.recommenders.configs import autoencoders, factorization, item_based, ncf
from recdag.recommenders.configs.base import Config

if TYPE_CHECKING:
    import torch

    from recdag.recommenders.base import Recommender


@dataclass(frozen=True)
class ModelSpec:
    """Where a recommender lives and what a user is told about it.

    Attributes:
        name: snake_case id, the same in asset keys, recipes and tables.
        module, class_name: the implementation, imported on first use.
        config: its configuration class.
        version: raise it when a change in the code changes what is learned.
        learns_by_epochs: has a learning curve and an epoch to choose on validation.
        variant: the hyperparameters that papers tell variants of this model apart by.
        summary: two sentences: what it is, from which paper.
    """

    name: str
    module: str
    class_name: str
    config: type[Config]
    version: str
    learns_by_epochs: bool
    variant: tuple[str, ...]
    summary: str

    def create(self, config: Config, device: torch.device | None = None) -> Recommender:
        """A new, untrained recommender."""
        module = importlib.import_module(f"recdag.recommenders.{self.module}")
        return getattr(module, self.class_name)(config, device)


_SPECS = (
    ModelSpec(
        "item_pop",
        "item_pop",
        "ItemPop",
        item_based.ItemPopConfig,
        "1",
        False,
        (),
        "Ranks items by the number of training users who chose them. The floor that every "
        "personal recommender has to beat, and the anchor of the evaluator.",
    ),
    ModelSpec(
        "item_knn",
        "item_knn",
        "ItemKNN",
        item_based.ItemKNNConfig,
        "1",
        False,
        (),
        "Item-based nearest neighbours (Sarwar et al. 2001): a user's score for an item is the "
        "summed similarity to the items in the history.",
    ),
    ModelSpec(
        "ease",
        "ease",
        "EASE",
        item_based.EASEConfig,
        "1",
        False,
        (),
        "EASE^R (Steck 2019): a ridge regression of every item on all others, in closed form. "
        "No paper here compares with it; it shows what a linear model reaches.",
    ),
    ModelSpec(
        "wmf",
        "wmf",
        "WMF",
        factorization.WMFConfig,
        "1",
        True,
        ("factors",),
        "Weighted matrix factorization (Hu, Koren, Volinsky 2008), known as IMF, WMF and iALS: "
        "squared loss on all cells, confidence on positives, exact alternating solves.",
    ),
    ModelSpec(
        "bpr",
        "bpr",
        "BPR",
        factorization.BPRConfig,
        "1",
        True,
        ("factors",),
        "Matrix factorization trained on pairs (Rendle et al. 2009): an item chosen should score "
        "above one not chosen.",
    ),
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
    ),
    ModelSpec(
        "gmf",
        "ncf",
        "GMF",
        ncf.GMFConfig,
        "1",
        True,
        ("factors",),
        "Generalized matrix factorization (He et al. 2017, section 3.2): a learned weighting of "
        "the elementwise product of user and item embeddings.",
    ),
    ModelSpec(
        "mlp",
        "ncf",
        "MLP",
        ncf.MLPConfig,
        "1",
        True,
        ("factors", "layers"),
        "Multi-layer perceptron on concatenated user and item embeddings (He et al. 2017, section "
        "3.3): the interaction function is learned.",
    ),
    ModelSpec(
        "neumf",
        "ncf",
        "NeuMF",
        ncf.NeuMFConfig,
        "1",
        True,
        ("factors",),
        "Neural matrix factorization (He et al. 2017, section 3.4): GMF and MLP side by side, "
        "joined in the last layer, trained from scratch.",
    ),
    ModelSpec(
        "neumf_pretrain",
        "ncf",
        "PretrainedNeuMF",
        ncf.PretrainedNeuMFConfig,
        "1",
        True,
        ("factors",),
        "NeuMF that starts from a trained GMF and a trained MLP (He et al. 2017, section 3.4.1) "
        "and goes on with plain SGD.",
    ),
)

MODELS: dict[str, ModelSpec] = {spec.name: spec for spec in _SPECS}


def model_spec(name: str) -> ModelSpec:
    """The model called `name`.

    Raises:
        ConfigError: there is none.
    """
    if name not in MODELS:
        raise ConfigError(f"no model is called {name!r}", cure=f"Known: {', '.join(sorted(MODELS))}")
    return MODELS[name]
