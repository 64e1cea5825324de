"""Ranks against brute force: ties, masks, candidates, any block size, broken models."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from recdag.errors import DataError, TrainingError
from recdag.evaluation.ranking import BYTES_PER_SCORE, USERS_STEP, rank
from recdag.evaluation.split import HeldOut


class Table:
    """A model that looks scores up; rows are named by the history's first column of ids."""

    device = torch.device("cpu")

    def __init__(self, scores: np.ndarray) -> None:
        self.scores = torch.from_numpy(scores.astype(np.float32))
        self.largest_block = 0

    def score(self, query, items=None):
        self.largest_block = max(self.largest_block, len(query))
        rows = self.scores[torch.from_numpy(query.users)]
        return rows if items is None else rows.gather(1, items)


class Factors(Table):
    """Scores by a matrix product, whose rounding depends on its shape and decides many ranks."""

    def __init__(self, n_users: int, n_items: int, rng: np.random.Generator) -> None:
        super().__init__(np.empty((0, 0)))
        self.users = torch.from_numpy(rng.normal(size=(n_users, 48)).astype(np.float32))
        self.items = torch.from_numpy(rng.normal(size=(n_items, 48)).astype(np.float32))
        self.users[:, 20], self.items[:, 20] = 1000, 1000

    def score(self, query, items=None):
        self.largest_block = max(self.largest_block, len(query))
        return self.users[torch.from_numpy(query.users)] @ self.items.T


def make(rng: np.random.Generator, n: int, m: int, n_candidates: int | None = None) -> HeldOut:
    role = rng.choice(3, size=(n, m), p=[0.6, 0.2, 0.2])
    role[np.arange(n), rng.integers(0, m, n)] = 2
    target = csr_array((role == 2).astype(np.float32))
    candidates = None
    if n_candidates is not None:
        candidates = np.full((n, n_candidates), -1, np.int32)
        for user in range(n):
            others = rng.permutation(np.flatnonzero(role[user] != 2))
            listed = np.concatenate([np.flatnonzero(role[user] == 2), others])[:n_candidates]
            keep = rng.integers(min((role[user] == 2).sum(), n_candidates), len(listed) + 1)
            candidates[user, :keep] = np.sort(listed[:keep])
    return HeldOut(
        np.arange(n, dtype=np.int32),
        np.arange(n),
        csr_array((role == 1).astype(np.float32)),
        target,
        candidates,
    )


def brute_force(scores: np.ndarray, held_out: HeldOut) -> tuple[list[float], list[int], list[list[int]]]:
    ranks, counts, tops = [], [], []
    for user in range(len(held_out)):
        history = set(held_out.history[[user]].indices.tolist())
        if held_out.candidates is None:
            listed = [j for j in range(scores.shape[1]) if j not in history]
        else:
            listed = [j for j in held_out.candidates[user].tolist() if j >= 0]
        for j in held_out.target[[user]].indices:
            greater = sum(scores[user, other] > scores[user, j] for other in listed)
            equal = sum(scores[user, other] == scores[user, j] for other in listed) - 1
            ranks.append(1 + greater + equal / 2)
        counts.append(len(listed))
        tops.append(sorted(listed, key=lambda j: (-scores[user, j], j)))
    return ranks, counts, tops


@given(
    seed=st.integers(0, 10_000),
    n=st.integers(1, 40),
    m=st.integers(2, 30),
    levels=st.sampled_from([1, 2, 5, 1000]),
    blocks=st.integers(1, 3),
    sampled=st.booleans(),
)
@settings(max_examples=80, deadline=None)
def test_ranks_and_top_lists_equal_brute_force(seed, n, m, levels, blocks, sampled):
    rng = np.random.default_rng(seed)
    held_out = make(rng, n, m, n_candidates=m if sampled else None)
    scores = rng.integers(-levels, levels, (n, m)).astype(np.float32)
    memory = blocks * USERS_STEP * m * BYTES_PER_SCORE
    ranking = rank(Table(scores), held_out, memory_bytes=memory, top_k=7)
    ranks, counts, tops = brute_force(scores, held_out)
    np.testing.assert_array_equal(ranking.rank, ranks)
    np.testing.assert_array_equal(ranking.n_candidates, counts)
    for found, expected in zip(ranking.top_items, tops, strict=True):
        wanted = expected[: len(found)]
        assert found.tolist() == wanted + [-1] * (len(found) - len(wanted))


@pytest.mark.parametrize("n", [1, 15, 100])
def test_results_do_not_depend_on_the_memory_budget(n):
    rng = np.random.default_rng(n)
    m = 500
    held_out, model = make(rng, n, m), Factors(n, m, rng)
    whole = rank(model, held_out, memory_bytes=10**9)
    for users in (1, 16, 32, 80):
        small = rank(model, held_out, memory_bytes=users * m * BYTES_PER_SCORE)
        np.testing.assert_array_equal(small.rank, whole.rank)
        np.testing.assert_array_equal(small.top_items, whole.top_items)


def test_blocks_keep_to_the_memory_budget():
    rng = np.random.default_rng(0)
    model = Factors(300, 200, rng)
    rank(model, make(rng, 300, 200), memory_bytes=50 * 200 * BYTES_PER_SCORE)
    assert model.largest_block == 48


def test_a_collapsed_model_ranks_like_chance():
    held_out = make(np.random.default_rng(0), 50, 40)
    ranking = rank(Table(np.zeros((50, 40))), held_out)
    row = np.repeat(np.arange(50), np.diff(ranking.indptr))
    np.testing.assert_array_equal(ranking.rank, (ranking.n_candidates[row] + 1) / 2)


def test_the_scores_of_the_model_are_left_alone():
    held_out = make(np.random.default_rng(0), 5, 40)

    class Popularity(Table):
        def score(self, query, items=None):
            return self.scores.expand(len(query), -1)

    model = Popularity(np.arange(40.0))
    rank(model, held_out)
    np.testing.assert_array_equal(model.scores.numpy(), np.arange(40.0))


def test_broken_scores_and_splits_are_refused():
    rng = np.random.default_rng(0)
    held_out = make(rng, 20, 30)
    for value, message in ((np.nan, "not a number"), (-np.inf, "infinite")):
        scores = rng.normal(size=(20, 30))
        scores[7, held_out.target[[7]].indices[0]] = value
        with pytest.raises(TrainingError, match=message):
            rank(Table(scores), held_out)
    with pytest.raises(TrainingError, match="29 scores a user instead of 30"):
        rank(Table(rng.normal(size=(20, 29))), held_out)
    sampled = make(rng, 20, 30, n_candidates=30)
    absent = sampled.candidates.copy()
    absent[3] = np.where(absent[3] == sampled.target[[3]].indices[0], -1, absent[3])
    with pytest.raises(DataError, match="not among the candidates"):
        rank(Table(rng.normal(size=(20, 30))), HeldOut(**{**vars(sampled), "candidates": absent}))
    empty = HeldOut(**{**vars(held_out), "target": csr_array((20, 30), dtype=np.float32)})
    with pytest.raises(DataError, match="no held-out item"):
        rank(Table(rng.normal(size=(20, 30))), empty)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_gpu_and_cpu_rank_alike():
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 50, (300, 400)).astype(np.float32)
    held_out, model = make(rng, 300, 400), Table(scores)
    on_cpu = rank(model, held_out)
    model.device = torch.device("cuda")
    on_gpu = rank(model, held_out)
    np.testing.assert_array_equal(on_cpu.rank, on_gpu.rank)
    np.testing.assert_array_equal(on_cpu.top_items, on_gpu.top_items)
