import pytest

from recdag.errors import ConfigError
from recdag.papers.catalogue import PAPERS
from recdag.recipes.recipe import load_recipe
from recdag.recipes.search_space import Choice, Range
from recdag.settings import SHIPPED_RECIPES

MODELS = """
paper: benchmark
models:
  wmf:
    factors: {{value: 64, source: ours, by_dataset: {{demo: {{value: 16, source: ours}}}}, search: {factors}}}
    l2: {{value: 7e-3, source: ours, search: {l2}}}
    weighting: {{value: confidence, source: ours, search: {weighting}}}
  mult_dae:
    hidden: {{value: [200], source: ours, search: {hidden}}}
"""
GOOD = {
    "factors": "{low: 8, high: 128, log: true}",
    "l2": "{low: 1e-4, high: 1}",
    "weighting": "[confidence, frequency_scaled]",
    "hidden": "[[200], [600, 200]]",
}


def recipe(tmp_path, **spaces):
    (tmp_path / "benchmark.yaml").write_text(MODELS.format(**{**GOOD, **spaces}))
    return load_recipe(tmp_path, "benchmark")


def test_a_space_has_the_types_of_the_hyperparameters(tmp_path):
    space = recipe(tmp_path).space("wmf")
    assert space == {
        "factors": Range(8, 128, log=True),
        "l2": Range(0.0001, 1.0),
        "weighting": Choice(("confidence", "frequency_scaled")),
    }
    assert space["factors"].integer and not space["l2"].integer and isinstance(space["l2"].high, float)
    assert recipe(tmp_path).space("mult_dae") == {"hidden": Choice(([200], [600, 200]))}
    assert recipe(tmp_path).space("bpr") == {}


@pytest.mark.parametrize(
    ("spaces", "match"),
    [
        ({"factors": "[16, 32]"}, "own value 64"),
        ({"factors": "{low: 32, high: 128}"}, r"own value 16 \(demo\)"),
        ({"factors": "{low: 0, high: 128}"}, "has to be >= 1"),
        ({"factors": "{low: 8.5, high: 128}"}, "not of type int"),
        ({"factors": "{low: 128, high: 8}"}, "not below"),
        ({"factors": "{low: 8}"}, "missing: high"),
        ({"factors": "{low: 8, hihg: 128}"}, "Did you mean 'high'"),
        ({"factors": "8"}, "not a mapping"),
        ({"factors": "[64]"}, "is no choice"),
        ({"factors": "[16, 64, 16]"}, "is no choice"),
        ({"factors": "[16, 64, many]"}, "factors='many' is not of type int"),
        ({"l2": "{low: 0, high: 1, log: true}"}, "logarithm"),
        ({"l2": "{low: 0, high: 1, log: 10}"}, "neither true nor false"),
        ({"weighting": "[confidence, frequency]"}, "weighting='frequency' is not one of"),
        ({"weighting": "{low: 0, high: 1}"}, "no number"),
        ({"hidden": "[[200], [600, 0]]"}, "hidden"),
    ],
)
def test_a_space_that_cannot_be_searched_is_refused_by_name(tmp_path, spaces, match):
    with pytest.raises(ConfigError, match=match) as caught:
        recipe(tmp_path, **spaces)
    (name,) = spaces
    assert "benchmark.yaml" in str(caught.value) and f".{name}.search" in str(caught.value)


def test_the_benchmark_states_a_small_space_for_all_with_something_to_choose():
    shipped = load_recipe(SHIPPED_RECIPES, "benchmark")
    sizes = {model: len(shipped.space(model)) for model in PAPERS["benchmark"].nodes}
    assert sizes.pop("item_pop") == sizes.pop("met") == 0
    assert {model: size for model, size in sizes.items() if not 1 <= size <= 4} == {}
