"""Ranks of held-out items among all items, or among the candidates of a protocol.

Ties get the mid-rank: 1 + #{greater} + #{equal, others} / 2, so that a model whose scores have
collapsed ranks like chance. The scores of a block of users are sorted once; the ranks of all their
targets are then two binary searches each, whatever the number of targets.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch

from recdag.errors import DataError, TrainingError
from recdag.evaluation.split import HeldOut
from recdag.recommenders.base import Query
from recdag.training.options import Scorer

# Scores, their masked copy, their sorted copy, and the indices of the top items.
BYTES_PER_SCORE = 24
DEFAULT_MEMORY_BYTES = {"cpu": 32 * 2**20, "cuda": 2 * 2**30}
# Matrix products round differently for a handful of rows than for many. Blocks in multiples of this
# many users, the last one padded, score every user alike whatever the memory budget.
USERS_STEP = 16
_Comparison = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Ranking:
    """Ranks of the held-out cells of B users, in the order of `HeldOut.target`.

    Attributes:
        user_ids: (B,) ids of the data set.
        indptr: (B + 1,) where each user's cells start.
        rank: (R,) float64 mid-ranks, 1 is best.
        weight: (R,) weights of the cells.
        n_candidates: (B,) how many items were ranked for each user, targets included.
        n_items: columns of the score matrix.
        top_items: (B, K) int32 columns of the K best items, best first, equal scores by column;
            -1 where a user has fewer candidates.
    """

    user_ids: np.ndarray
    indptr: np.ndarray
    rank: np.ndarray
    weight: np.ndarray
    n_candidates: np.ndarray
    n_items: int
    top_items: np.ndarray

    def __len__(self) -> int:
        return len(self.user_ids)


@torch.no_grad()
def rank(model: Scorer, held_out: HeldOut, *, memory_bytes: int | None = None, top_k: int = 20) -> Ranking:
    """Rank the held-out items of every user.

    Args:
        model: a fitted recommender.
        held_out: users, histories (never ranked when all items are), targets, candidates.
        memory_bytes: about what the scores of one block of users may take; at least 16 users are
            scored at a time.
        top_k: length of the top lists; 0 makes none.

    Raises:
        TrainingError: a score is NaN, or the score of a held-out item is infinite.
        DataError: a user has no held-out item, or a held-out item is not among the candidates.
    """
    history, target = held_out.history, held_out.target
    if (np.diff(target.indptr) == 0).any():
        raise DataError("a user to be evaluated has no held-out item")
    n_users, n_items = target.shape
    candidates = held_out.candidates
    width = n_items if candidates is None else candidates.shape[1]
    top_k = min(top_k, width)
    ranks, tops = [np.empty(0)], [np.empty((0, top_k), np.int32)]
    device = getattr(model, "device", torch.device("cpu"))
    memory_bytes = memory_bytes or DEFAULT_MEMORY_BYTES.get(device.type, DEFAULT_MEMORY_BYTES["cpu"])
    step = max(1, memory_bytes // (BYTES_PER_SCORE * width * USERS_STEP)) * USERS_STEP
    block = _Block(min(step, n_users), width, device)
    for start in range(0, n_users, step):
        users = np.arange(start, min(start + step, n_users))
        padded = np.minimum(np.arange(start, start + -(-len(users) // USERS_STEP) * USERS_STEP), users[-1])
        query = Query(held_out.users[padded], history[padded])
        row, column = target[users].nonzero()
        if candidates is None:
            block.fill(model.score(query)[: len(users)])
            block.mask(*history[users].nonzero())
        else:
            items = candidates[padded].astype(np.int64)
            scores = model.score(query, torch.from_numpy(np.maximum(items, 0)).to(device))
            items = items[: len(users)]
            block.fill(scores[: len(users)])
            block.mask(*np.nonzero(items < 0))
            column = _places(items, row, column)
        block.sort()
        ranks.append(block.mid_ranks(row, column))
        if top_k:
            top = block.top(top_k)
            if candidates is not None:
                top = np.where(top >= 0, np.take_along_axis(items, top, axis=1), -1)
            tops.append(top.astype(np.int32))
    n_candidates = n_items - np.diff(history.indptr) if candidates is None else (candidates >= 0).sum(axis=1)
    return Ranking(
        user_ids=held_out.user_ids,
        indptr=target.indptr.astype(np.int64),
        rank=np.concatenate(ranks),
        weight=target.data,
        n_candidates=n_candidates,
        n_items=n_items,
        top_items=np.concatenate(tops),
    )


def _places(items: np.ndarray, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Where each target (row, column) stands in its row of candidates."""
    matches = items[row] == column[:, None]
    if not matches.any(axis=1).all():
        raise DataError("a held-out item is not among the candidates of its user")
    places: np.ndarray = matches.argmax(axis=1)
    return places


class _Block:
    """The scores of some users, as they are and sorted; memory is kept from block to block."""

    def __init__(self, n_users: int, width: int, device: torch.device) -> None:
        self.width = width
        self._scores = torch.empty((n_users, width), device=device)
        self._sorted = torch.empty((n_users, width), device=device)

    def fill(self, scores: torch.Tensor) -> None:
        if scores.shape[1] != self.width:
            raise TrainingError(f"the model gave {scores.shape[1]} scores a user instead of {self.width}")
        self.scores = self._scores[: len(scores)]
        self.ordered = self._sorted[: len(scores)]
        self.scores.copy_(scores)

    def mask(self, row: np.ndarray, column: np.ndarray) -> None:
        cells = torch.from_numpy(row * np.int64(self.width) + column).to(self.scores.device)
        self.scores.view(-1)[cells] = -torch.inf

    def sort(self) -> None:
        """Sort every row; NaN comes last."""
        if self.scores.device.type == "cpu":
            self.ordered.copy_(self.scores)
            _sort_rows(self.ordered.numpy(), torch.get_num_threads())
        else:
            self.ordered = torch.sort(self.scores, dim=1).values
        if torch.isnan(self.ordered[:, -1]).any():
            raise TrainingError(
                "the model gives scores that are not a number",
                cure="Lower its learning rate or raise its regularisation",
            )

    def mid_ranks(self, row: np.ndarray, column: np.ndarray) -> np.ndarray:
        rows = torch.from_numpy(row.astype(np.int64)).to(self.scores.device)
        values = self.scores[rows, torch.from_numpy(column.astype(np.int64)).to(self.scores.device)]
        if torch.isinf(values).any():
            raise TrainingError("the model gives an infinite score to a held-out item that is not known")
        smaller = self._count_smaller(rows, values, torch.lt)
        after = rows * self.width + (smaller + 1).clamp(max=self.width - 1)
        tied = (self.ordered.view(-1)[after] == values) & (smaller + 1 < self.width)
        no_larger = smaller + 1
        no_larger[tied] = self._count_smaller(rows[tied], values[tied], torch.le)
        return (self.width - (smaller + no_larger - 1) / 2).double().cpu().numpy()

    def _count_smaller(self, rows: torch.Tensor, values: torch.Tensor, smaller: _Comparison) -> torch.Tensor:
        """How many scores of its row are smaller than each value, by bisection."""
        flat, starts = self.ordered.view(-1), rows * self.width
        count = torch.zeros_like(rows)
        step = 1 << (self.width.bit_length() - 1)
        while step:
            reach = count + step
            found = flat[starts + (reach - 1).clamp(max=self.width - 1)]
            count = torch.where((reach <= self.width) & smaller(found, values), reach, count)
            step //= 2
        return count

    def top(self, k: int) -> np.ndarray:
        """(B, k) columns of the best scores, equal ones by column; -1 for masked cells."""
        threshold = self.ordered[:, self.width - k]
        cells = _true_cells(self.scores >= threshold[:, None])
        row = cells // self.width
        value = self.scores.view(-1)[cells]
        tied = value == threshold[row]
        places_for_tied = k - torch.bincount(row[~tied], minlength=len(threshold))
        tied_so_far = tied.cumsum(0)
        before = torch.searchsorted(row, torch.arange(len(threshold), device=row.device))
        tied_before = (tied_so_far - tied.long())[before]
        keep = ~tied | (tied_so_far - tied_before[row] <= places_for_tied[row])
        column = (cells[keep] % self.width).view(-1, k)
        best, order = torch.sort(value[keep].view(-1, k), dim=1, descending=True, stable=True)
        return column.gather(1, order).masked_fill(best == -torch.inf, -1).cpu().numpy()


def _sort_rows(matrix: np.ndarray, n_threads: int) -> None:
    """Sort each row in place; numpy's sort is vectorised and leaves the interpreter lock."""
    with ThreadPoolExecutor(n_threads) as pool:
        list(pool.map(lambda part: part.sort(axis=1), np.array_split(matrix, n_threads)))


def _true_cells(mask: torch.Tensor) -> torch.Tensor:
    """Flat indices of the true cells, ascending; numpy is several times faster where most are false."""
    if mask.device.type == "cpu":
        return torch.from_numpy(np.flatnonzero(mask.numpy()))
    return mask.view(-1).nonzero().view(-1)
