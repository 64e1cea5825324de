import pytest

from recdag.orchestration.phases import in_words


@pytest.mark.parametrize(
    ("phase", "told"),
    [
        ("select", "choosing the epoch"),
        ("final", "final training"),
        ("select-gmf", "pre-training GMF"),
        ("final-mlp", "final training, pre-training MLP"),
        ("trial 2 of 20: select-neumf", "trial 2 of 20: training NeuMF"),
        ("2 of 9, factors=8, select", "2 of 9, factors=8, choosing the epoch"),
        ("warm", "warm"),
    ],
)
def test_a_phase_is_told_in_words(phase, told):
    assert in_words(phase) == told
