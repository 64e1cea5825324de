"""Every model of the registry keeps the contract, in all its forms."""

from dataclasses import replace

import pytest

from recdag.recommenders.catalogue import MODELS
from recdag.testing import OPTIONS, RecommenderContract, assert_same_parameters, small_data
from recdag_tests.recommenders.every_model import DRAW_NOTHING, FORMS, maker


class TestEveryModel(RecommenderContract):
    @pytest.fixture(scope="class", params=[*MODELS, *FORMS])
    def make(self, request):
        return maker(request.param)


@pytest.mark.parametrize("name", MODELS)
def test_another_seed_gives_another_model_where_anything_is_drawn(name):
    data, one, other = small_data(), maker(name)(), maker(name)()
    one.fit(data, OPTIONS)
    other.fit(data, replace(OPTIONS, seed=2))
    if name in DRAW_NOTHING:
        assert_same_parameters(one, other)
    else:
        with pytest.raises(AssertionError):
            assert_same_parameters(one, other)
