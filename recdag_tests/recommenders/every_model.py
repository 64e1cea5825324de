"""Every model of the registry, small enough to be fitted in a moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from recdag.recommenders.base import Recommender
from recdag.recommenders.catalogue import MODELS

SMALL: dict[str, Any] = {
    "factors": 4, "communities": 3, "hidden": [8], "layers": 1, "batch_size": 64, "epochs": 4,
    "patience": None, "gmf_epochs": 2, "mlp_epochs": 2, "pretrain_batch_size": 64, "iterations_per_epoch": 2,
    "anneal_epochs": 4, "procedure": "single_run",
}  # fmt: skip


DRAW_NOTHING = tuple(name for name, spec in MODELS.items() if not spec.random)
"""Models that end the same with every seed."""

FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "cdae, sampled": ("cdae", {"form": "sampled", "loss": "logistic"}),
    "cdae, sampled and tied": ("cdae", {"form": "sampled", "tied": True, "loss": "logistic"}),
    "cdae, full and tied": ("cdae", {"form": "full", "tied": True}),
    "implicit_cf_nade, deep": ("implicit_cf_nade", {"hidden": [12, 8], "optimizer": "adam"}),
    "implicit_cf_nade_normalised, deep": ("implicit_cf_nade_normalised", {"hidden": [12, 8]}),
    "fawmf, all cells": ("fawmf", {"training": "bgd"}),
    "fawmf, sampled": ("fawmf", {"training": "sgd_uniform"}),
    "mfpr, own feedback": ("mfpr", {"own_feedback": True}),
    "mfpr, feedback of others": ("mfpr", {"own_feedback": False}),
    "mmlp, mixed negatives": ("mmlp", {"sampler": "mixed"}),
    "mf_mmlp, branches by item": ("mf_mmlp", {"branches_learn": "by_item", "loss": "bce"}),
    "mlp, no layer": ("mlp", {"layers": 0}),
    "wmf, confidence": ("wmf", {"weighting": "confidence"}),
    "bpr, adagrad": ("bpr", {"optimizer": "adagrad"}),
}
"""Forms that models have beside the one of `SMALL`."""


def maker(name: str) -> Callable[..., Recommender]:
    """A function of a device that gives a new small model: one of the registry or of `FORMS`."""
    model, settings = FORMS.get(name, (name, {}))
    spec = MODELS[model]
    known = spec.config.model_fields
    config = spec.config(**{key: value for key, value in SMALL.items() if key in known} | settings)

    def make(device: torch.device | None = None) -> Recommender:
        return spec.create(config, device)

    return make
