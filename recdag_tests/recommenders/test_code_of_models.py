"""Models are trained again where their version is raised: their code may not change unnoticed."""

import json

import pytest

from recdag.recommenders.catalogue import MODELS
from recdag_tests.recommenders.code_of_models import FILE, code_now, modules_of


def complaints(kept, now):
    write = "run `python -m recdag_tests.recommenders.code_of_models` and commit the file"
    for name in {*kept, *now}:
        was, state = kept.get(name), now.get(name)
        if was == state:
            continue
        if was is not None and state is not None and was["version"] == state["version"]:
            yield (
                f"the code that {name} is trained with has changed, its version {state['version']} has not. "
                "Where it learns something else now, raise `version` in its ModelSpec, so that it is trained "
                f"again; then, or where what it learns is the same to the bit, {write}"
            )
        else:
            yield f"{name} is new, gone or of another version: {write}"


def test_no_model_s_code_has_changed_under_its_version():
    assert list(complaints(json.loads(FILE.read_text()), code_now())) == []


@pytest.mark.parametrize(
    ("kept", "match"),
    [
        ({"wmf": {"version": "2", "code": "other"}}, "raise `version`"),
        ({"wmf": {"version": "1", "code": "same"}}, "of another version"),
        ({}, "is new"),
    ],
)
def test_what_to_do_is_said(kept, match):
    (complaint,) = complaints(kept, {"wmf": {"version": "2", "code": "same"}})
    assert match in complaint and "python -m recdag_tests.recommenders.code_of_models" in complaint


def test_the_code_of_a_model_reaches_to_its_kernels_and_the_loop_and_no_further():
    wmf, fawmf = modules_of(MODELS["wmf"]), modules_of(MODELS["fawmf"])
    assert {
        "recdag.recommenders.wmf.model",
        "recdag.recommenders.wmf.least_squares",
        "recdag.recommenders.shared.sparse_ops",
        "recdag.training.loop",
    } <= wmf
    assert "recdag.recommenders.fawmf.loops" in fawmf
    assert not any(".fawmf" in module or "catalogue" in module for module in wmf)
