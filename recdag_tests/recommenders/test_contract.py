"""What every recommender promises, held against every one of the registry."""

from dataclasses import fields

import numpy as np
import pytest
import torch
from safetensors.torch import load, save
from scipy.sparse import csr_array

from recdag.errors import DataError, RecdagError
from recdag.pipeline.service import Keys, Service
from recdag.recommenders.base import Query
from recdag.recommenders.registry import MODELS
from recdag.training.data import TrainingData
from recdag.training.options import FitOptions

SMALL = {
    "factors": 4, "communities": 3, "hidden": [8], "layers": 1, "batch_size": 64, "epochs": 2,
    "gmf_epochs": 1, "mlp_epochs": 1, "pretrain_batch_size": 64, "iterations_per_epoch": 2,
    "procedure": "single_run",
}  # fmt: skip
SIZES = {"more users than items": (40, 25), "fewer users than items": (12, 30)}


def training_data(n_users, n_items, density=0.25):
    rng = np.random.default_rng(0)

    def counts():
        drawn = rng.random((n_users, n_items)) < density
        return csr_array(drawn * rng.integers(1, 5, drawn.shape).astype(np.float32))

    strength = counts()
    ones = np.ones_like(strength.data)
    positives = csr_array((ones, strength.indices, strength.indptr), shape=strength.shape)
    return TrainingData(positives, strength, {"click": counts()})


def new(name):
    spec = MODELS[name]
    known = {each.name for each in fields(spec.config)}
    return spec.create(spec.config(**{key: value for key, value in SMALL.items() if key in known}))


def served(model, data):
    users = np.array([f"u{n}" for n in range(data.n_users)])
    items = np.array([f"i{n}" for n in range(data.n_items)])
    keys = Keys(users, items, np.full(len(items), None))
    return Service("benchmark/one", model, np.arange(len(users)), np.arange(len(items)), keys, data.positives)


@pytest.fixture(scope="module")
def fitted():
    """(model, data) by name and size, read back from its file as serving does."""
    done = {}

    def fit(name, size):
        if (name, size) not in done:
            data, model, again = training_data(*SIZES[size]), new(name), new(name)
            model.fit(data, FitOptions(seed=1))
            state = {key: value.detach().clone() for key, value in model.parameters_state().items()}
            again.load_parameters(load(save({key: value.contiguous() for key, value in state.items()})))
            done[name, size] = again, data
        return done[name, size]

    return fit


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", MODELS)
def test_item_vectors_are_one_row_an_item_or_none(fitted, name, size):
    model, data = fitted(name, size)
    vectors = model.item_vectors()
    assert vectors is None or (len(vectors) == data.n_items and vectors.dim() == 2)
    assert vectors is None or (vectors.is_floating_point() and torch.isfinite(vectors).all())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", MODELS)
def test_similar_items_are_told_or_refused_in_a_sentence(fitted, name, size):
    model, data = fitted(name, size)
    service = served(model, data)
    if model.item_vectors() is None and not model.folds_in:
        with pytest.raises(RecdagError, match="cannot tell which items are alike"):
            service.similar("i3")
        return
    found = service.similar("i3", top=data.n_items)
    assert sorted(each.item_key for each in found) == sorted(set(service.keys.items) - {"i3"})
    assert np.isfinite([each.score for each in found]).all()


@pytest.mark.parametrize("size", SIZES)
def test_items_similar_under_ease_are_those_of_its_weights(fitted, size):
    model, data = fitted("ease", size)
    gram = (data.positives.T @ data.positives).toarray().astype(np.float64)
    inverse = np.linalg.inv(gram + model.config.l2 * np.eye(data.n_items))
    row = np.delete((-inverse / inverse.diagonal())[3], 3)
    scores = [each.score for each in served(model, data).similar("i3", top=data.n_items)]
    np.testing.assert_allclose(scores, np.sort(row)[::-1], atol=1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_nothing_to_learn_from_gives_finite_scores_or_a_sentence(name):
    data, model = training_data(5, 6, density=0), new(name)
    try:
        model.fit(data, FitOptions(seed=1))
    except DataError as error:
        assert error.cure
    else:
        assert torch.isfinite(model.score(Query(np.arange(5), data.positives))).all()
