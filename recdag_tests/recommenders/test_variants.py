import pytest

from recdag.recommenders.variants import settings_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("factors=8,layers=3", "layers=3, factors=8"),
        ("alpha=0.10", "alpha=.1"),
        ("factors=8", "factors=8.0"),
        ("", " "),
        ("fBGD vs BGD", "fBGD vs BGD"),
    ],
)
def test_equal_settings(one, other):
    assert settings_of(one) == settings_of(other)


def test_subsets_and_lists():
    assert settings_of("factors=8") < settings_of("factors=8,layers=3")
    assert not settings_of("factors=8") <= settings_of("factors=80,layers=3")
    assert settings_of("hidden=[600,200],factors=8") == {"hidden=[600,200]", "factors=8"}
