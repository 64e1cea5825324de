"""The yardstick of popularity: measured right, once a split, and wrong data are noticed."""

import numpy as np
import pandas as pd
import pytest

from recdag.graph import anchors
from recdag.graph.shared_splits import read_splits


@pytest.fixture
def project(prepare):
    return prepare("leave_one_out")


def published(monkeypatch, value):
    table = pd.DataFrame(
        {
            "dataset": ["tiny", "tiny"],
            "protocol": "leave_one_out",
            "model": ["item_pop", "ease"],
            "metric": "hr@10",
            "value": [value, 0.0],
        }
    )
    monkeypatch.setattr(anchors, "load_anchors", lambda: table)


def bounds_of_hit_rate(split):
    """Users whose item is among the ten most popular of its candidates, ties against it and for it."""
    counts = np.asarray(split.train_and_validation.positives.sum(axis=0)).ravel()
    own = split.test.target.indices
    scores = np.where(split.test.candidates < 0, -1, counts[split.test.candidates])
    above = (scores > counts[own][:, None]).sum(axis=1)
    level = (scores == counts[own][:, None]).sum(axis=1) - 1
    return np.mean(above + level < 10), np.mean(above < 10)


def test_nothing_is_measured_where_nobody_published(project, monkeypatch):
    monkeypatch.setattr(anchors, "_measure", None)
    assert anchors.popularity_anchor(project, "tiny", "leave_one_out").passed


def test_published_values_decide_and_are_measured_once(project, monkeypatch):
    published(monkeypatch, 0.5)
    value = anchors.popularity_anchor(project, "tiny", "leave_one_out").metadata["hr@10"]
    (split,) = read_splits(project, "tiny", "leave_one_out")
    lowest, highest = bounds_of_hit_rate(split)
    assert 0 < lowest <= value <= highest < 1
    monkeypatch.setattr(anchors, "_measure", None)
    published(monkeypatch, value + 0.015)
    assert anchors.popularity_anchor(project, "tiny", "leave_one_out").passed
    published(monkeypatch, value - 0.05)
    verdict = anchors.popularity_anchor(project, "tiny", "leave_one_out")
    assert not verdict.passed
    assert f"hr@10 {value:.4f} (published {value - 0.05:.4f})" in verdict.explanation


def test_another_split_is_measured_again(project, home, prepare, monkeypatch):
    published(monkeypatch, 0.5)
    before = anchors.popularity_anchor(project, "tiny", "leave_one_out").metadata["hr@10"]
    with (home / "data" / "raw" / "tiny" / "events.csv").open("a") as file:
        file.writelines(f"u{n},i0,buy,{1_900_000_000 + n}\n" for n in range(60))
    project = prepare("leave_one_out")
    assert anchors.popularity_anchor(project, "tiny", "leave_one_out").metadata["hr@10"] != before


def test_real_anchors_are_found_by_what_a_data_set_stands_for(project):
    found = anchors.published_popularity(project, "ncf-ml-1m", "leave_one_out")
    assert found == {"hr@10": 0.4533, "ndcg@10": 0.2542}
    assert anchors.published_popularity(project, "ml-1m", "five_fold_cv")["precision@5"] == 0.2092
