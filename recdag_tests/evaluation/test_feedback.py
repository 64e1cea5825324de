"""Held-out items that were met in supportive feedback, and metrics of those users alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from recdag.evaluation.feedback import (
    among_touched,
    number_touched,
    seen_in_supportive,
    summarise_by_feedback,
)
from recdag.evaluation.split import HeldOut, Split
from recdag.evaluation.summary import Evaluation
from recdag.training.data import TrainingData


def random_matrix(rng: np.random.Generator, n_users: int, share: float) -> csr_array:
    return csr_array((rng.random((n_users, 12)) < share).astype(np.float32))


@pytest.mark.parametrize("behaviours", [0, 1, 3])
def test_seen_are_those_with_a_held_out_item_in_any_feedback(behaviours: int) -> None:
    rng = np.random.default_rng(behaviours)
    positives = random_matrix(rng, 40, 0.3)
    supportive = {str(number): random_matrix(rng, 40, 0.1) for number in range(behaviours)}
    users = rng.permutation(40)[:25]
    users[[3, 7]] = -1
    dense = random_matrix(rng, 25, 0.15).toarray()
    dense[3] = 1
    held_out = HeldOut(np.arange(25, dtype=np.int32), users, random_matrix(rng, 25, 0.2), csr_array(dense))
    met = sum((each.toarray() for each in supportive.values()), np.zeros((40, 12)))
    expected = (users >= 0) & (met[users] * dense).any(axis=1)
    seen = seen_in_supportive(TrainingData(positives, positives, supportive), held_out)
    np.testing.assert_array_equal(seen, expected)
    assert seen.any() == (behaviours > 0)


def one_user_a_row(target: list[int], candidates: bool = True) -> HeldOut:
    """A held-out item for each of the first users, beside two others."""
    n = len(target)
    cells = csr_array((np.ones(n, np.float32), (np.arange(n), target)), shape=(n, 12))
    items = np.column_stack([target, np.full((n, 2), 11)]).astype(np.int32)
    users = np.arange(n)
    return HeldOut(users.astype(np.int32), users, csr_array((n, 12)), cells, items if candidates else None)


def feedback_split(held_out: HeldOut, supportive: dict[str, csr_array]) -> Split:
    n = len(held_out)
    positives = csr_array(np.ones((n, 12), np.float32))
    data = TrainingData(positives, positives, supportive)
    return Split(0, np.arange(n), np.arange(12), data, held_out, held_out)


def clicks(n_users: int, *cells: tuple[int, int]) -> csr_array:
    rows, columns = zip(*cells, strict=True)
    return csr_array((np.ones(len(cells), np.float32), (rows, columns)), shape=(n_users, 12))


def test_metrics_apart_by_hand() -> None:
    held_out = one_user_a_row([3, 4, 5, 6, 7])
    # Users 0 and 3 clicked their held-out item, 4 carted hers; the click of user 1 is on another item.
    supportive = {"click": clicks(5, (0, 3), (1, 3), (3, 6)), "cart": clicks(5, (4, 7))}
    evaluation = Evaluation(
        held_out.user_ids, {"hr@10": np.array([1.0, 0, 1, 0, 1]), "mrr": np.array([0.5, 0.1, 0.3, 0.2, 0.8])}
    )
    found = summarise_by_feedback([evaluation], [feedback_split(held_out, supportive)])
    assert {users: list(summaries) for users, summaries in found.items()} == {
        "seen": ["hr@10", "mrr"], "unseen": ["hr@10", "mrr"],
    }  # fmt: skip
    assert [each.n_users for summaries in found.values() for each in summaries.values()] == [3, 3, 2, 2]
    assert found["seen"]["hr@10"].value == pytest.approx(2 / 3)
    assert found["seen"]["hr@10"].std_err == pytest.approx(np.sqrt(1 / 3) / np.sqrt(3))
    assert found["seen"]["mrr"].value == pytest.approx(0.5)
    assert found["seen"]["mrr"].std_err == pytest.approx(0.3 / np.sqrt(3))
    assert found["unseen"]["hr@10"].value == pytest.approx(0.5)
    assert found["unseen"]["mrr"].value == pytest.approx(0.2)
    assert found["unseen"]["mrr"].std_err == pytest.approx(0.1)
    assert 0.1 <= found["unseen"]["mrr"].ci_low <= 0.2 <= found["unseen"]["mrr"].ci_high <= 0.3


def test_a_group_without_users_has_no_metric() -> None:
    held_out = one_user_a_row([3, 4])
    evaluation = Evaluation(held_out.user_ids, {"hr@10": np.array([1.0, 0])})
    everyone = feedback_split(held_out, {"click": clicks(2, (0, 3), (1, 4))})
    assert set(summarise_by_feedback([evaluation], [everyone])) == {"seen"}
    nobody = feedback_split(held_out, {"click": clicks(2, (0, 4))})
    assert set(summarise_by_feedback([evaluation], [nobody])) == {"unseen"}


def test_users_are_told_apart_only_among_untouched_candidates() -> None:
    evaluation = Evaluation(np.arange(2), {"hr@10": np.array([1.0, 0])})
    full = feedback_split(one_user_a_row([3, 4], candidates=False), {"click": clicks(2, (0, 3))})
    assert summarise_by_feedback([evaluation], [full]) == {}
    assert summarise_by_feedback([evaluation], [feedback_split(one_user_a_row([3, 4]), {})]) == {}


def sampled_split(seed: int, density: float) -> Split:
    """A purchase of each of 30 users among up to 9 of 60 items that she touched in no behaviour."""
    rng = np.random.default_rng(seed)
    bought = rng.random((30, 60)) < 0.1
    bought[:, 0] = True
    clicked, carted = (rng.random((30, 60)) < density * share for share in (1, 0.3))
    target = np.zeros((30, 60), np.float32)
    target[:, 0] = 1
    candidates = np.full((30, 10), -1, np.int32)
    for user in range(30):
        untouched = np.flatnonzero(~(bought | clicked | carted)[user])[:9]
        candidates[user, : 1 + len(untouched)] = [0, *untouched]
    positives = csr_array((bought & ~(target > 0)).astype(np.float32))
    supportive = {name: csr_array(each.astype(np.float32)) for name, each in (("a", clicked), ("b", carted))}
    ids = np.arange(30)
    held_out = HeldOut(ids.astype(np.int32), ids, positives, csr_array(target), candidates)
    return Split(0, ids, np.arange(60), TrainingData(positives, positives, supportive), held_out, held_out)


@pytest.mark.parametrize("density", [0.0, 0.05, 0.15, 0.5])
def test_negatives_give_way_to_what_the_user_touched_and_did_not_choose(density: float) -> None:
    split = sampled_split(3, density)
    other = among_touched(split, seed=1)
    counts = []
    for user in range(30):
        before, after = (set(each.candidates[user].tolist()) - {-1} for each in (split.test, other))
        assert len(before) == len(after) and 0 in after
        touched = {
            item
            for counts in split.train.supportive.values()
            for item in np.flatnonzero(counts.toarray()[user]).tolist()
        } - {0, *np.flatnonzero(split.train.positives.toarray()[user]).tolist()}
        counts.append(min(len(touched), len(before) - 1))
        assert len(after & touched) == counts[-1] and after - touched <= before
    assert number_touched(split) == 0
    assert number_touched(replace(split, test=other)) == pytest.approx(np.mean(counts))


def test_what_is_drawn_among_touched_items_hangs_on_the_seed_alone() -> None:
    split = sampled_split(3, 0.5)
    one, again, other = (among_touched(split, seed).candidates for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any() and (np.diff(one, axis=1) >= 0).all()
