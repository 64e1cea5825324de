import math

import pytest

from recdag import words


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.004, "< 0.1 s"), (0.62, "0.6 s"), (9.96, "10 s"), (59.4, "59 s"), (59.9, "1 min 00 s"),
        (605, "10 min 05 s"), (3599.7, "1 h 00 min"), (4100, "1 h 08 min"), (math.nan, "–"),
    ],
)  # fmt: skip
def test_duration(seconds, said):
    assert words.duration(seconds) == said


def test_numbers():
    assert words.number(0.70931) == "0.7093" and words.number(math.nan) == "–"
    assert words.signed(-0.0042) == "−0.0042" and words.signed(0.01, 3) == "+0.010"
    assert words.integer(1000209) == "1\u202f000\u202f209"
    assert words.memory(312.4) == "312 MB" and words.memory(4400) == "4.4 GB"


def test_probabilities():
    assert words.probability(0.41) == "p = 0.41" and words.probability(1.0) == "p = 1.00"
    assert words.probability(0.0496) == "p = 0.050" and words.probability(1e-9) == "p < 0.001"


@pytest.mark.parametrize(("parts", "said"), [([], ""), (["a"], "a"), (["a", "b", "c"], "a, b and c")])
def test_listed(parts, said):
    assert words.listed(parts) == said
