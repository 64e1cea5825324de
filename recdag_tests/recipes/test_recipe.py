import pytest

from recdag.errors import ConfigError
from recdag.recipes.recipe import DEFAULT_SOURCE, load_recipe
from recdag.recommenders.catalogue import MODELS

RECIPE = """
paper: ncf
models:
  wmf:
    factors:
      value: 64
      source: "ours: best of 16, 32, 64"
      by_dataset:
        demo: {value: 16, source: "ours: a quick demonstration"}
        ml-latest-small: {value: 32, source: "paper, Table 3"}
    l2: {value: 7e-3, source: "authors' code"}
    patience: {value: null, source: "paper, section 4.1", by_dataset: {demo: {value: 2, source: ours}}}
    weighting: {value: confidence, source: "paper"}
  item_pop:
"""
OWN = "paper: ncf\nmodels: {{wmf: {{factors: {{value: 8, source: x, by_dataset: {{demo: {}}}}}}}}}"


@pytest.fixture
def recipe(tmp_path):
    (tmp_path / "ncf.yaml").write_text(RECIPE, encoding="utf-8")
    return load_recipe(tmp_path, "ncf")


def broken(tmp_path, text, match, paper="ncf"):
    (tmp_path / f"{paper}.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=match) as caught:
        load_recipe(tmp_path, paper)
    return str(caught.value)


def test_the_value_of_the_data_set_goes_before_value(recipe):
    assert recipe.config("wmf", "demo").factors == 16
    assert recipe.config("wmf", "ml-latest-small").factors == 32
    assert recipe.config("wmf", "ml-1m").factors == 64
    assert (recipe.config("wmf", "demo").patience, recipe.config("wmf", "ml-1m").patience) == (2, None)


def test_overrides_go_before_the_recipe(recipe):
    assert recipe.config("wmf", "demo", {"factors": 5}).factors == 5


def test_text_that_spells_a_number_is_a_float(recipe):
    assert recipe.config("wmf", "demo").l2 == pytest.approx(0.007)


def test_what_is_not_named_keeps_the_default(recipe):
    assert recipe.config("bpr", "demo") == MODELS["bpr"].config()
    assert recipe.config("wmf", "demo").alpha == MODELS["wmf"].config().alpha


def test_every_hyperparameter_has_a_source_and_a_data_set_s_own_value_its_own(recipe):
    assert list(recipe.sources("wmf", "demo")) == list(MODELS["wmf"].config.model_fields)
    assert recipe.sources("wmf", "demo")["factors"] == "ours: a quick demonstration"
    assert recipe.sources("wmf", "ml-latest-small")["factors"] == "paper, Table 3"
    assert recipe.sources("wmf", "ml-1m")["factors"] == "ours: best of 16, 32, 64"
    assert recipe.sources("wmf", "demo")["alpha"] == DEFAULT_SOURCE


def test_a_list_is_checked_element_by_element(tmp_path):
    (tmp_path / "mult_vae.yaml").write_text("paper: mult_vae\nmodels:\n", encoding="utf-8")
    recipe = load_recipe(tmp_path, "mult_vae")
    listed = [
        (model, name)
        for model, each in MODELS.items()
        for name, default in each.config().model_dump().items()
        if isinstance(default, list)
    ]
    assert listed
    for model, name in listed:
        assert getattr(recipe.config(model, "demo", {name: [60, 20]}), name) == [60, 20]
        with pytest.raises(ConfigError, match=r"list\[int\]"):
            recipe.config(model, "demo", {name: [60, "x"]})
        with pytest.raises(ConfigError, match=r"list\[int\]"):
            recipe.config(model, "demo", {name: 60})


@pytest.mark.parametrize(
    ("override", "match"),
    [
        ({"factor": 8}, "Did you mean 'factors'"),
        ({"factors": 8.5}, "not of type int"),
        ({"factors": True}, "not of type int"),
        ({"factors": "8"}, "not of type int"),
        ({"l2": "small"}, "not of type float"),
        ({"l2": True}, "not of type float"),
        ({"l2": None}, "not of type float"),
        ({"factors": 0}, "has to be >= 1"),
        ({"weighting": "frequency"}, "is not one of 'frequency_scaled' or 'confidence'"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused(recipe, override, match):
    with pytest.raises(ConfigError, match=match):
        recipe.config("wmf", "demo", override)


def test_an_unknown_model_is_refused(recipe, tmp_path):
    with pytest.raises(ConfigError, match="no model is called 'neumff'"):
        recipe.config("neumff", "demo")
    broken(tmp_path, "paper: ncf\nmodels: {neumff: {}}", "Did you mean 'neumf'")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("paper: ncf\nmodels: {wmf: {factor: {value: 8, source: x}}}", "Did you mean 'factors'"),
        ("paper: ncf\nmodels: {wmf: {factors: {value: 8}}}", "missing: source"),
        ("paper: ncf\nmodels: {wmf: {factors: {value: 8, source: ' '}}}", "source is empty"),
        (
            "paper: ncf\nmodels: {wmf: {factors: {value: 8, source: x, by_datasets: {}}}}",
            "Did you mean 'by_dataset'",
        ),
        ("paper: ncf\nmodels: {wmf: {factors: 8}}", "not a mapping"),
        (OWN.format("{value: 0, source: x}"), r"wmf.factors on demo: factors=0 has to be >= 1"),
        (OWN.format("4"), "the value 4 has no source of its own"),
        (OWN.format("{value: 4}"), r"by_dataset.demo: missing: source"),
        (OWN.format("{value: 4, source: ''}"), "the source is empty"),
        (
            "paper: ncf\nmodels: {wmf: {factors: {value: 8, source: x, datasets: {demo: 4}}}}",
            "is by_dataset: now, with a source for each value. Write by_dataset: {demo: {value: 16, source:",
        ),
        ("paper: ncf\nmodels: {wmf: {factors: {value: eight, source: x}}}", "wmf.factors"),
        ("paper: mult_vae\nmodels: {}", "Write paper: ncf"),
        ("paper: ncf", "missing: models"),
        ("paper: [ncf", "line 1"),
        ("- paper", "not a mapping"),
    ],
)
def test_a_broken_file_is_refused_by_name(tmp_path, text, match):
    assert "ncf.yaml" in broken(tmp_path, text, match)


def test_a_file_in_another_encoding_is_refused(tmp_path):
    (tmp_path / "ncf.yaml").write_bytes("paper: ncf # wie üblich\nmodels: {}\n".encode("latin-1"))
    with pytest.raises(ConfigError, match="not readable as YAML"):
        load_recipe(tmp_path, "ncf")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="no recipe for 'ncf'"):
        load_recipe(tmp_path, "ncf")
