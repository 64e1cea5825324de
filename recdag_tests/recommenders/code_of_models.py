"""What code each model is trained with, as it was when its version was last looked at.

`python -m recdag_tests.recommenders.code_of_models` writes code_of_models.json anew.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

from recdag.fingerprint import code_of, fingerprint
from recdag.recommenders.catalogue import MODELS
from recdag.recommenders.spec import ModelSpec

FILE = Path(__file__).with_suffix(".json")
ROOMS = ("recdag.recommenders", "recdag.training")
CONFIGURATION = "recdag.recommenders.config"


def modules_of(spec: ModelSpec) -> frozenset[str]:
    """The modules of `ROOMS` that a training runs through.

    Configurations are not among them: their values decide by themselves whether a model is trained again.
    """
    return frozenset(
        module
        for module in code_of(spec.module, ROOMS)
        if module != CONFIGURATION and find_spec(module).submodule_search_locations is None
    )


def code_now() -> dict[str, dict[str, str]]:
    """Model -> its version and the fingerprint of its code."""
    return {
        name: {"version": spec.version, "code": fingerprint(modules_of(spec))}
        for name, spec in MODELS.items()
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(code_now(), indent=2) + "\n")
