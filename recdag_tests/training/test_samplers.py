"""Negatives are uniform over what a user has not chosen, and batches cover every positive once."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array
from scipy.stats import chisquare

from recdag.errors import DataError
from recdag.training import samplers
from recdag.training.samplers import NegativeSampler

CPU = torch.device("cpu")


def matrix(rows: list[list[int]], n_items: int) -> csr_array:
    dense = np.zeros((len(rows), n_items), np.float32)
    for row, items in enumerate(rows):
        dense[row, items] = 1
    return csr_array(dense)


@pytest.fixture(params=["bitset", "search"])
def method(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to tell chosen items from others."""
    if request.param == "search":
        monkeypatch.setattr(samplers, "BITSET_BYTES", 0)
    return request.param


@pytest.mark.parametrize(
    "chosen", [[], [0], [9], [0, 1, 2], [3, 4, 9], [0, 2, 4, 6, 8], [1, 2, 3, 4, 5, 6, 7, 8, 9]]
)
def test_draws_are_uniform_over_items_not_chosen(method: str, chosen: list[int]) -> None:
    torch.manual_seed(1)
    sampler = NegativeSampler(matrix([[5], chosen, [0, 9]], 10), CPU)
    draws = sampler.draw(torch.full((20_000,), 1)).numpy()
    counts = np.bincount(draws, minlength=10)
    assert counts[chosen].sum() == 0
    free = np.setdiff1d(np.arange(10), chosen)
    assert len(free) == 1 or chisquare(counts[free]).pvalue > 1e-3


def test_no_positive_is_ever_drawn(method: str) -> None:
    rng = np.random.default_rng(0)
    dense = rng.random((40, 70)) < rng.random((40, 1))
    dense[:, 69] = False
    sampler = NegativeSampler(csr_array(dense.astype(np.float32)), CPU)
    users = torch.arange(40).repeat(500)
    items = sampler.draw(users)
    assert not dense[users.numpy(), items.numpy()].any()
    for user in range(40):
        drawn = set(items[users == user].tolist())
        assert len(drawn) == 1 or drawn <= set(np.flatnonzero(~dense[user]).tolist())


def test_unsorted_columns_are_understood(method: str) -> None:
    unsorted = csr_array((np.ones(4, np.float32), np.array([4, 0, 2, 3]), np.array([0, 4])), shape=(1, 5))
    sampler = NegativeSampler(unsorted, CPU)
    assert set(sampler.draw(torch.zeros(50, dtype=torch.int64)).tolist()) == {1}


def test_batches_cover_each_positive_once_with_negatives_of_its_user() -> None:
    rng = np.random.default_rng(3)
    dense = rng.random((30, 20)) < 0.3
    sampler = NegativeSampler(csr_array(dense.astype(np.float32)), CPU)
    batches = list(sampler.batches(pairs=7, negatives=3))
    assert [len(users) for users, _ in batches[:-1]] == [7] * (len(batches) - 1)
    users = torch.cat([users for users, _ in batches]).numpy()
    items = torch.cat([items for _, items in batches]).numpy()
    assert sorted(zip(users, items[:, 0], strict=True)) == sorted(zip(*dense.nonzero(), strict=True))
    assert items.shape == (dense.sum(), 4)
    assert not dense[users[:, None], items[:, 1:]].any()


def test_blocks_do_not_change_the_size_of_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samplers, "PAIRS_DRAWN_AT_ONCE", 50)
    sampler = NegativeSampler(csr_array(np.eye(100, 101, dtype=np.float32)), CPU)
    assert [len(users) for users, _ in sampler.batches(16, 1)] == [16] * 6 + [4]


def test_the_seed_decides_the_draws_and_epochs_differ() -> None:
    sampler = NegativeSampler(csr_array(np.eye(50, 60, dtype=np.float32)), CPU)

    def epoch() -> torch.Tensor:
        return torch.cat([items for _, items in sampler.batches(16, 2)])

    torch.manual_seed(5)
    first, second = epoch(), epoch()
    torch.manual_seed(5)
    assert torch.equal(first, epoch())
    assert not torch.equal(first, second)


def test_users_who_chose_everything_are_left_out() -> None:
    sampler = NegativeSampler(matrix([[0, 1, 2], [1]], 3), CPU)
    assert sampler.users.tolist() == [1]
    assert sampler.items.tolist() == [1]


@pytest.mark.parametrize("rows", [[[], []], [[0, 1], []]])
def test_nothing_to_learn_from_is_an_error(rows: list[list[int]]) -> None:
    with pytest.raises(DataError, match="no user has both"):
        NegativeSampler(matrix(rows, 2), CPU)
