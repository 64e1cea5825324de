"""Items like another, of every model, with more users than items and with fewer."""

import numpy as np
import pytest

from recdag.errors import RecdagError
from recdag.recommenders.catalogue import MODELS
from recdag.serving.service import Keys, Service
from recdag.testing import OPTIONS, small_data, through_a_file
from recdag_tests.recommenders.every_model import maker

SIZES = {"more users than items": (40, 25), "fewer users than items": (12, 30)}


def served(name, size):
    """A fitted model, read back from a file as serving does, and its data."""
    data, make = small_data(*SIZES[size]), maker(name)
    model = make()
    model.fit(data, OPTIONS)
    users = np.array([f"u{n}" for n in range(data.n_users)])
    items = np.array([f"i{n}" for n in range(data.n_items)])
    keys = Keys(users, items, np.full(len(items), None))
    loaded = through_a_file(model, make())
    ids = np.arange(len(users)), np.arange(len(items))
    return Service("benchmark/one", loaded, *ids, keys, data.positives), data


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", MODELS)
def test_similar_items_are_told_or_refused_in_a_sentence(name, size):
    service, data = served(name, size)
    if service.model.item_vectors() is None and not service.model.folds_in:
        with pytest.raises(RecdagError, match="cannot tell which items are alike"):
            service.similar("i3")
        return
    similar = service.similar("i3", top=data.n_items)
    assert sorted(each.item_key for each in similar) == sorted(set(service.keys.items) - {"i3"})
    assert np.isfinite([each.score for each in similar]).all()


@pytest.mark.parametrize("size", SIZES)
def test_items_similar_under_ease_are_those_of_its_weights(size):
    service, data = served("ease", size)
    gram = (data.positives.T @ data.positives).toarray().astype(np.float64)
    inverse = np.linalg.inv(gram + service.model.config.l2 * np.eye(data.n_items))
    row = np.delete((-inverse / inverse.diagonal())[3], 3)
    scores = [each.score for each in service.similar("i3", top=data.n_items)]
    np.testing.assert_allclose(scores, np.sort(row)[::-1], atol=1e-6)
