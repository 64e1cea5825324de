"""Every recommender by name, without importing torch until one is made.

A family of models is a package beside this file: its `__init__` has the configurations and `SPECS`, its
other modules the models, imported on first use. It is found by looking; `PLACE`, a number, says where its
models stand in lists and among the colours of figures. Families without one come last, by name.
"""

from __future__ import annotations

import math
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

import recdag.recommenders
from recdag.errors import ConfigError
from recdag.recommenders.spec import ModelSpec
from recdag.suggest import names_known

_SHARED = "shared"


def families() -> list[ModuleType]:
    """The packages of the families, in the order of their models."""
    packages = [
        import_module(f"recdag.recommenders.{module.name}")
        for module in iter_modules(recdag.recommenders.__path__)
        if module.ispkg and module.name != _SHARED
    ]
    return sorted(packages, key=lambda family: (getattr(family, "PLACE", math.inf), family.__name__))


MODELS: dict[str, ModelSpec] = {spec.name: spec for family in families() for spec in family.SPECS}


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
