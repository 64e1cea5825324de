"""Every recommender by name, without importing torch until one is made."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recdag.errors import ConfigError
from recdag.recommenders.configs import (
    autoencoders,
    cf_nade,
    exposure,
    factorization,
    item_based,
    multi_feedback,
    ncf,
)
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
    ModelSpec(
        "implicit_cf_nade",
        "cf_nade",
        "ImplicitCFNADE",
        cf_nade.ImplicitCFNADEConfig,
        "1",
        True,
        ("alpha", "hidden"),
        "Implicit CF-NADE (Zheng et al. 2016): a network that predicts likes from any part of a "
        "user's other likes and dislikes, weighted by confidence. Trained on random splits of the "
        "items.",
    ),
    ModelSpec(
        "mf",
        "multi_feedback",
        "MF",
        multi_feedback.MFConfig,
        "1",
        True,
        ("factors", "negatives", "sampler"),
        "The matrix factorization part of MF + multi-branch MLP alone (equation 1), trained on pairs. "
        "Its negatives come from the sampler of the whole model.",
    ),
    ModelSpec(
        "mmlp",
        "multi_feedback",
        "MMLP",
        multi_feedback.MMLPConfig,
        "1",
        True,
        ("factors", "negatives", "layers", "sampler"),
        "The multi-branch perceptron alone (equations 2 to 4): one branch a feedback type, joined at "
        "the end. A branch learns only from pairs with its feedback.",
    ),
    ModelSpec(
        "mf_mmlp",
        "multi_feedback",
        "MFMMLP",
        multi_feedback.MFMMLPConfig,
        "1",
        True,
        ("factors", "negatives", "layers", "sampler"),
        "Matrix factorization and multi-branch perceptron side by side (equations 5 to 7), for "
        "several types of feedback. The paper's own model.",
    ),
    ModelSpec(
        "mfpr",
        "mfpr",
        "MFPR",
        multi_feedback.MFPRConfig,
        "1",
        True,
        ("factors", "sampler"),
        "Multi-feedback pairwise ranking, adapted: pairwise factorization whose user vectors gain "
        "from the items of every feedback type. The original's text was not at hand, so this is a "
        "reading of it.",
    ),
    ModelSpec(
        "fawmf",
        "fawmf",
        "FAWMF",
        exposure.FAWMFConfig,
        "1",
        True,
        ("factors",),
        "Fast adaptively weighted matrix factorization (Chen et al. 2020): every cell weighs as much "
        "as the user is likely to know the item, learned through communities of users. Trained on all "
        "cells at a cost linear in the observed ones (fBGD).",
    ),
    ModelSpec(
        "exmf",
        "exmf",
        "EXMF",
        exposure.EXMFConfig,
        "1",
        True,
        ("factors",),
        "Exposure matrix factorization, ExpoMF (Liang et al. 2016): infers for every cell whether the "
        "user knew the item, by expectation and maximization. Ranks by the inner product alone.",
    ),
    ModelSpec(
        "eals",
        "eals",
        "EALS",
        exposure.EALSConfig,
        "1",
        True,
        ("factors",),
        "Element-wise alternating least squares (He et al. 2016): matrix factorization on all cells, "
        "in which unobserved cells of popular items weigh more. Every coordinate is solved exactly in "
        "turn.",
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
