"""Every recommender by name, without importing torch until one is made."""

from recdag.errors import ConfigError
from recdag.recommenders.registry import autoencoders, baselines, exposure, multi_feedback, neural
from recdag.recommenders.registry.spec import ModelSpec
from recdag.suggest import names_known

__all__ = ["MODELS", "ModelSpec", "model_spec", "model_title"]

MODELS: dict[str, ModelSpec] = {
    spec.name: spec
    for family in (baselines, autoencoders, neural, multi_feedback, exposure)
    for spec in family.SPECS
}


def model_spec(name: str) -> ModelSpec:
    """The model called `name`.

    Raises:
        ConfigError: there is none.
    """
    if name not in MODELS:
        raise ConfigError(f"no model is called {name!r}", cure=names_known(name, MODELS))
    return MODELS[name]


def model_title(name: str) -> str:
    """A model's name in the literature: `neumf_pretrain` as NeuMF (pre-trained); else `name`."""
    return (MODELS[name].title if name in MODELS else "") or name
