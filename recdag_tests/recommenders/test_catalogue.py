import subprocess
import sys

import pytest

import recdag.recommenders
from recdag.errors import ConfigError
from recdag.recommenders.catalogue import MODELS, families, model_spec, model_title


def test_models_are_called_as_in_the_literature():
    assert model_title("neumf_pretrain") == "NeuMF (pre-trained)"
    assert model_title("mult_vae_pr") == "Mult-VAE^PR"
    assert model_title("of_someone_else") == "of_someone_else"
    titles = [model_title(name) for name in MODELS]
    assert len(set(titles)) == len(titles) and all(spec.title for spec in MODELS.values())


def test_a_family_is_found_by_looking_and_comes_last_where_it_states_no_place(tmp_path, monkeypatch):
    """Where a family stands decides the colours of all models after it."""
    before = [family.__name__ for family in families()]
    for name, text in {"zz_a_new_one": "SPECS = ()", "placed": "PLACE = 1.5\nSPECS = ()"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(text)
        monkeypatch.setitem(sys.modules, f"recdag.recommenders.{name}", None)
        del sys.modules[f"recdag.recommenders.{name}"]
    monkeypatch.setattr(recdag.recommenders, "__path__", [*recdag.recommenders.__path__, str(tmp_path)])
    names = [family.__name__ for family in families()]
    assert names == [before[0], "recdag.recommenders.placed", *before[1:], "recdag.recommenders.zz_a_new_one"]


def test_the_shipped_models_keep_their_order():
    assert list(MODELS)[:8] == [
        "item_pop", "item_knn", "ease", "slim", "wmf", "bpr", "mult_dae", "mult_vae_pr",
    ]  # fmt: skip
    placed = [spec.name for family in families() if hasattr(family, "PLACE") for spec in family.SPECS]
    assert placed[-3:] == ["fawmf", "exmf", "eals"]


def test_an_unknown_model_is_refused_with_the_nearest():
    with pytest.raises(ConfigError, match=r"no model is called 'neumff'\. Did you mean 'neumf'"):
        model_spec("neumff")


def test_models_are_loaded_without_a_compiler_but_for_the_one_that_folds_users_in_with_one():
    question = (
        "import sys; from recdag.recommenders.catalogue import MODELS;"
        "[spec.implementation() for name, spec in MODELS.items() if name != 'eals'];"
        "print('torch' in sys.modules, 'numba' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["True", "False"]
