"""Fit, choose, fit again: which data each phase sees and what it is chosen by."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import Field

from recdag.errors import DataError, TrainingError
from recdag.evaluation.experiment import evaluate, run_experiment
from recdag.evaluation.protocols import PROTOCOLS, ProtocolOptions, build_split
from recdag.evaluation.split import Interactions
from recdag.recommenders.config import Config
from recdag.training.options import FitOptions, History, HistoryRow


class FakeConfig(Config):
    epochs: int = Field(3, ge=1, description="passes")


@dataclass
class Fake:
    """Scores popularity blended with the epoch that is best; records how it was fitted."""

    config: FakeConfig
    device: torch.device
    best: int
    log: list[dict[str, Any]]

    def fit(self, data, options):
        entry = {"nnz": data.positives.nnz, "phase": options.phase, "epochs": self.config.epochs}
        self.log.append(entry)
        self.popularity = torch.from_numpy(np.asarray(data.positives.sum(axis=0), np.float32))
        values = []
        if options.validate:
            for epoch in range(1, self.config.epochs + 1):
                self.sign = 1.0 if epoch == self.best else -1.0
                values.append(options.validate(self))
            self.sign = 1.0
            entry["values"] = values
        else:
            self.sign = 1.0
        rows = [HistoryRow(options.phase, 1, "loss", 0.5, 0.0)]
        return History(rows, {"epochs": int(np.argmax(values)) + 1} if values else {})

    def score(self, query, items=None):
        scores = self.sign * self.popularity
        return scores.expand(len(query), -1) if items is None else scores[items]


@dataclass
class FakeSpec:
    learns_by_epochs: bool = True
    best: int = 2
    log: list[dict[str, Any]] = field(default_factory=list)

    def create(self, config, device=None):
        return Fake(config, device or torch.device("cpu"), self.best, self.log)


def make(name: str):
    rng = np.random.default_rng(0)
    taste = np.linspace(0.9, 0.02, 40)
    user, item = np.nonzero(rng.random((80, 40)) < taste)
    ids = user.astype(np.int32), item.astype(np.int32)
    interactions = Interactions(80, 40, *ids, np.ones(len(user), np.float32))
    return build_split(interactions, PROTOCOLS[name].assign(interactions, ProtocolOptions()))


@pytest.mark.parametrize("name", ["user_holdout", "holdout_10pct"])
def test_the_epoch_chosen_on_validation_is_trained_again_on_more(name):
    split, spec = make(name), FakeSpec()
    experiment = run_experiment(spec, FakeConfig(), split, PROTOCOLS[name], FitOptions())
    select, final = spec.log
    assert (select["phase"], final["phase"]) == ("select", "final")
    assert select["nnz"] == split.train.positives.nnz
    assert final["nnz"] == split.train_and_validation.positives.nnz
    assert (select["epochs"], final["epochs"]) == (3, 2)
    assert "values" not in final
    sign = 1 if name == "user_holdout" else -1
    metric = PROTOCOLS[name].selection_metric
    model = Fake(FakeConfig(), torch.device("cpu"), 2, [])
    model.fit(split.train, FitOptions())
    expected = sign * evaluate(model, split.validation, [metric]).aggregates[metric]
    assert select["values"][1] == pytest.approx(expected)
    assert [row.phase for row in experiment.history.rows] == ["select", "final"]
    assert experiment.history.selected == {"epochs": 2}
    assert experiment.seconds > 0


def test_users_of_their_own_need_no_second_fit():
    split, spec = make("strong_generalization"), FakeSpec()
    run_experiment(spec, FakeConfig(), split, PROTOCOLS["strong_generalization"], FitOptions())
    assert [entry["phase"] for entry in spec.log] == ["select"]


def test_without_refit_the_first_model_is_kept():
    split, spec = make("user_holdout"), FakeSpec()
    run_experiment(spec, FakeConfig(), split, PROTOCOLS["user_holdout"], FitOptions(), refit=False)
    assert [entry["nnz"] for entry in spec.log] == [split.train.positives.nnz]


def test_as_published_chooses_on_test():
    split, spec = make("user_holdout"), FakeSpec()
    experiment = run_experiment(
        spec, FakeConfig(), split, PROTOCOLS["user_holdout"], FitOptions(), selection="as_published"
    )
    (only,) = spec.log
    assert only["phase"] == "as_published"
    assert only["nnz"] == split.train_and_validation.positives.nnz
    on_test = evaluate(experiment.model, split.test, ["ndcg@20"]).aggregates["ndcg@20"]
    assert max(only["values"]) == only["values"][1] == pytest.approx(on_test)


def test_a_model_in_closed_form_is_fitted_once_on_everything():
    split, spec = make("user_holdout"), FakeSpec(learns_by_epochs=False)
    watched = FitOptions(validate=lambda model: 0.0)
    run_experiment(spec, FakeConfig(), split, PROTOCOLS["user_holdout"], watched)
    (only,) = spec.log
    assert (only["nnz"], only["phase"]) == (split.train_and_validation.positives.nnz, "final")
    assert "values" not in only


def test_evaluation_gives_every_metric_of_the_protocol():
    split = make("user_holdout")
    model = FakeSpec(learns_by_epochs=False).create(FakeConfig())
    model.fit(split.train, FitOptions())
    names = PROTOCOLS["user_holdout"].metrics
    evaluation = evaluate(model, split.test, names, memory_bytes=10_000)
    assert set(evaluation.aggregates) == set(names)
    assert all(0 <= value <= 1 for value in evaluation.aggregates.values())
    np.testing.assert_array_equal(evaluation.user_ids, split.test.user_ids)
    model.popularity[3] = np.nan
    with pytest.raises(TrainingError, match="not a number"):
        evaluate(model, split.test, names)


def test_nobody_to_choose_on_is_a_clear_error():
    split = make("user_holdout")
    nobody = replace(
        split.validation,
        user_ids=split.validation.user_ids[:0],
        users=split.validation.users[:0],
        history=split.validation.history[:0],
        target=split.validation.target[:0],
    )
    with pytest.raises(DataError, match="no user has a held-out item"):
        run_experiment(
            FakeSpec(),
            FakeConfig(),
            replace(split, validation=nobody),
            PROTOCOLS["user_holdout"],
            FitOptions(),
        )
