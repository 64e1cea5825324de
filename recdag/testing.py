"""What every recommender promises, as tests that one of your own can be held to.

    class TestMine(RecommenderContract):
        @pytest.fixture(scope="class")
        def make(self):
            return lambda device=None: Mine(MineConfig(factors=4), device)

Give `data` another value in the same way where the model needs other data. pytest has to be installed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from scipy.sparse import csr_array

from recdag.errors import Cancelled, RecdagError
from recdag.recommenders.base import Query, Recommender
from recdag.training.data import TrainingData
from recdag.training.options import FitOptions, Progress, Scorer

Model = Recommender[Any]
Make = Callable[..., Model]
OPTIONS = FitOptions(seed=1)


def small_data(users: int = 40, items: int = 25, seed: int = 0) -> TrainingData:
    """Random counts of a target behaviour, about a quarter of all cells, and of supportive clicks."""
    rng = np.random.default_rng(seed)

    def counts(density: float) -> csr_array:
        drawn = rng.integers(1, 5, (users, items)).astype(np.float32)
        return csr_array((rng.random((users, items)) < density) * drawn)

    return training_data(counts(0.25), counts(0.3))


def training_data(strength: csr_array, clicks: csr_array) -> TrainingData:
    """(n, m) counts of a target behaviour and of supportive clicks, as a recommender is given them."""
    ones = csr_array((np.ones_like(strength.data), strength.indices, strength.indptr), strength.shape)
    return TrainingData(ones, strength, {"click": clicks})


def all_users(data: TrainingData) -> Query:
    """Every user of the training data with her training row."""
    return Query(np.arange(data.n_users), data.positives)


def strangers(histories: csr_array) -> Query:
    """Users who were not in training, with (B, m) histories."""
    return Query(np.full(histories.shape[0], -1), histories)


def through_a_file(model: Model, into: Model) -> Model:
    """`into` with the parameters of `model`, written and read as safetensors."""
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in model.parameters_state().items()}
    into.load_parameters(safetensors.torch.load(safetensors.torch.save(state)))
    return into


class RecommenderContract:
    """The tests; a subclass gives the fixture `make`: a function of a device that gives a new model."""

    @pytest.fixture(scope="class")
    def make(self) -> Make:
        raise NotImplementedError("give the fixture `make`")

    @pytest.fixture(scope="class")
    def data(self) -> TrainingData:
        return small_data()

    @pytest.fixture(scope="class")
    def fitted(self, make: Make, data: TrainingData) -> Model:
        model = make()
        model.fit(data, OPTIONS)
        return model

    def test_scores_are_finite_and_have_a_row_a_user(self, fitted: Model, data: TrainingData) -> None:
        scores = fitted.score(all_users(data))
        assert scores.shape == (data.n_users, data.n_items) and scores.dtype == torch.float32
        assert torch.isfinite(scores).all()

    def test_candidates_score_as_among_all_items(self, fitted: Model, data: TrainingData) -> None:
        drawn = np.random.default_rng(3).integers(0, data.n_items, (data.n_users, 6))
        candidates = torch.from_numpy(drawn)
        scores = fitted.score(all_users(data))
        torch.testing.assert_close(
            fitted.score(all_users(data), candidates), scores.gather(1, candidates), rtol=1e-4, atol=1e-5
        )

    def test_users_score_alone_as_together(self, fitted: Model, data: TrainingData) -> None:
        rows = [3, 7]
        together = fitted.score(all_users(data))[rows]
        torch.testing.assert_close(fitted.score(all_users(data)[rows]), together, rtol=1e-3, atol=1e-5)

    def test_saved_parameters_score_to_the_bit(self, make: Make, fitted: Model, data: TrainingData) -> None:
        loaded = through_a_file(fitted, make())
        assert torch.equal(loaded.score(all_users(data)), fitted.score(all_users(data)))

    def test_the_same_seed_gives_the_same_bits(self, make: Make, fitted: Model, data: TrainingData) -> None:
        again = make()
        again.fit(data, OPTIONS)
        assert_same_parameters(again, fitted)

    def test_strangers_are_folded_in_or_refused(self, fitted: Model, data: TrainingData) -> None:
        empty = csr_array(np.zeros((1, data.n_items), dtype=np.float32))
        for histories in (data.positives[[0, 1, 2]], empty):
            if fitted.folds_in:
                assert torch.isfinite(fitted.score(strangers(histories))).all()
            else:
                with pytest.raises(RecdagError):
                    fitted.score(strangers(histories))

    def test_a_user_may_have_chosen_everything_or_nothing(self, make: Make, data: TrainingData) -> None:
        chosen = data.strength.toarray()
        chosen[0], chosen[1] = 1, 0
        extreme = training_data(csr_array(chosen), next(iter(data.supportive.values())))
        model = make()
        model.fit(extreme, OPTIONS)
        assert torch.isfinite(model.score(all_users(extreme))).all()

    def test_item_vectors_are_a_row_an_item_or_none(self, fitted: Model, data: TrainingData) -> None:
        vectors = fitted.item_vectors()
        if vectors is not None:
            assert vectors.dim() == 2 and len(vectors) == data.n_items
            assert vectors.is_floating_point() and torch.isfinite(vectors).all()

    def test_nothing_to_learn_from_gives_finite_scores_or_a_message(self, make: Make) -> None:
        nothing = csr_array(np.zeros((5, 6), dtype=np.float32))
        empty, model = training_data(nothing, nothing), make()
        try:
            model.fit(empty, OPTIONS)
        except RecdagError as error:
            assert error.cure
            return
        assert torch.isfinite(model.score(all_users(empty))).all()

    @pytest.mark.parametrize("beats", [2, 9])
    def test_a_fit_stopped_anywhere_goes_on_to_the_same_bits(
        self, make: Make, data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beats: int
    ) -> None:
        monkeypatch.setattr("recdag.training.loop.CHECKPOINT_EVERY_SECONDS", 0.0)
        options = _validated(data, tmp_path)
        whole, resumed = make(), make()
        history = whole.fit(data, replace(options, checkpoint=None))
        with contextlib.suppress(Cancelled):
            make().fit(data, replace(options, heartbeat=_stop_after(beats)))
        assert resumed.fit(data, options).selected == history.selected
        assert_same_parameters(resumed, whole)

    @pytest.mark.parametrize("epochs", [1, 3, 6])
    def test_no_epoch_is_trained_twice(
        self, make: Make, data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, epochs: int
    ) -> None:
        if not hasattr(make().config, "epochs"):
            pytest.skip("it does not learn by epochs")
        monkeypatch.setattr("recdag.training.loop.CHECKPOINT_EVERY_SECONDS", 0.0)
        options = _validated(data, tmp_path)
        expected: list[Progress] = []
        heard: list[Progress] = []
        make().fit(data, replace(options, checkpoint=None, on_progress=expected.append))
        stop = _stop_after(epochs)

        def record_and_stop(progress: Progress) -> None:
            heard.append(progress)
            stop()

        with contextlib.suppress(Cancelled):
            make().fit(data, replace(options, on_progress=record_and_stop))
        make().fit(data, replace(options, on_progress=heard.append))
        assert [(each.phase, each.epoch) for each in heard] == [(each.phase, each.epoch) for each in expected]


def _validated(data: TrainingData, folder: Path) -> FitOptions:
    """Options with checkpoints and some validation."""

    def quality(scorer: Scorer) -> float:
        return float(scorer.score(all_users(data))[:, 0].mean())

    return replace(OPTIONS, validate=quality, checkpoint=folder, fingerprint="contract")


def _stop_after(calls: int) -> Callable[[], None]:
    """A function that raises `Cancelled` when it has been called so often."""
    left = iter(range(calls - 1))

    def stop() -> None:
        if next(left, None) is None:
            raise Cancelled("stopped by the test")

    return stop


def assert_same_parameters(model: Model, other: Model) -> None:
    """Both have the same parameters, bit for bit."""
    mine, others = model.parameters_state(), other.parameters_state()
    assert mine.keys() == others.keys()
    for name, tensor in mine.items():
        assert torch.equal(tensor, others[name]), name
