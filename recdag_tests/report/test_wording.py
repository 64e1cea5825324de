import math

import pytest

from recdag.recommenders.registry import MODELS
from recdag.report import wording


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.004, "< 0.1 s"), (0.62, "0.6 s"), (9.96, "10 s"), (59.4, "59 s"), (59.9, "1 min 00 s"),
        (605, "10 min 05 s"), (3599.7, "1 h 00 min"), (4100, "1 h 08 min"), (math.nan, "–"),
    ],
)  # fmt: skip
def test_duration(seconds, said):
    assert wording.duration(seconds) == said


def test_numbers():
    assert wording.number(0.70931) == "0.7093" and wording.number(math.nan) == "–"
    assert wording.signed(-0.0042) == "−0.0042" and wording.signed(0.01, 3) == "+0.010"
    assert wording.whole(1000209) == "1\u202f000\u202f209"
    assert wording.memory(312.4) == "312 MB" and wording.memory(4400) == "4.4 GB"


def test_probabilities():
    assert wording.probability(0.41) == "p = 0.41" and wording.probability(1.0) == "p = 1.00"
    assert wording.probability(0.0496) == "p = 0.050" and wording.probability(1e-9) == "p < 0.001"


def test_names():
    assert wording.metric_name("ndcg@100") == "NDCG@100"
    assert wording.metric_name("recall_plain@5") == "Recall (plain)@5"
    assert wording.metric_name("mrr_sum") == "MRR (sum)"
    assert wording.metric_name("new@3") == "new@3"
    assert wording.metric_name("hr@10_unseen") == "HR@10 unseen"


@pytest.mark.parametrize(("words", "said"), [([], ""), (["a"], "a"), (["a", "b", "c"], "a, b and c")])
def test_listed(words, said):
    assert wording.listed(words) == said


def test_models_are_called_as_in_the_literature():
    assert wording.model_title("neumf_pretrain") == "NeuMF (pre-trained)"
    assert wording.model_title("mult_vae_pr") == "Mult-VAE^PR"
    assert wording.model_title("of_someone_else") == "of_someone_else"
    titles = [wording.model_title(name) for name in MODELS]
    assert len(set(titles)) == len(titles) and all(spec.title for spec in MODELS.values())
