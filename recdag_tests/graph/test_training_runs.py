import pytest

from recdag.graph.training_runs import epochs_of, factors_of


@pytest.mark.parametrize(
    ("config", "factors"),
    [({"factors": 8, "layers": 3}, 8), ({"hidden": [600, 200]}, 200), ({"neighbours": 100}, None)],
)
def test_a_models_size_is_its_factors_or_its_innermost_layer(config, factors):
    assert factors_of(config) == factors


def test_an_epoch_chosen_is_told_from_the_last_one_allowed():
    config = {"epochs": 20, "factors": 8}
    assert epochs_of(config, {"epochs": 12}) == {
        "epoch": 12,
        "epochs_allowed": 20,
        "stopped_by_bound": False,
    }
    assert epochs_of(config, {"epochs": 20})["stopped_by_bound"] is True


def test_a_phase_that_was_stopped_by_its_bound_counts():
    config = {"epochs": 3, "gmf_epochs": 5, "mlp_epochs": 5}
    found = epochs_of(config, {"epochs": 0, "gmf_epochs": 5, "mlp_epochs": 4})
    assert (found["epoch"], found["epochs_allowed"], found["stopped_by_bound"]) == (0, 3, True)


def test_models_without_epochs_have_none():
    assert set(epochs_of({"l2": 500.0}, {}).values()) == {None}
