"""Work on sparse user-item matrices that several recommenders share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import torch
from scipy.sparse import csr_array

CANDIDATE_BLOCK_BYTES = 64 << 20

Part = TypeVar("Part")


def on_all_cores(
    work: Callable[[Part], None], parts: Iterable[Part], heartbeat: Callable[[], None] = lambda: None
) -> None:
    """Do independent pieces of work in as many threads as torch uses, each on one core.

    For many small operations this is faster than the threads inside an operation, which wait for one
    another at its end, and what is computed does not depend on their number. `heartbeat` is called
    in the caller's thread after each piece; what it raises ends the work.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            for _ in pool.map(work, parts):
                heartbeat()
    finally:
        torch.set_num_threads(threads)


class ItemGram:
    """X^T X of a sparse X, in dense blocks of rows, by as many threads as torch uses.

    Takes as many steps as the users' squared numbers of items sum up to, which a dense product
    exceeds by far.

    Args:
        matrix: (n, m) float32.
    """

    def __init__(self, matrix: csr_array) -> None:
        self._by_user = matrix
        self._by_item = matrix.tocsc()

    def rows(self, start: int, stop: int) -> torch.Tensor:
        """Rows start to stop: (stop - start, m) float32 on the CPU."""
        from recdag.recommenders.shared.gram_kernel import add_gram_rows

        by_user, by_item = self._by_user, self._by_item
        out = np.zeros((stop - start, by_user.shape[1]), dtype=np.float32)

        def fill(offset: int) -> None:
            add_gram_rows(
                start + offset,
                by_item.indptr,
                by_item.indices,
                by_item.data,
                by_user.indptr,
                by_user.indices,
                by_user.data,
                out[offset : offset + size],
            )

        # Popular items cost most: small chunks keep all threads busy to the end.
        size = max(1, (stop - start) // (32 * torch.get_num_threads()))
        on_all_cores(fill, range(0, stop - start, size))
        return torch.from_numpy(out)


def score_candidates(
    score_all: Callable[[csr_array], torch.Tensor], history: csr_array, items: torch.Tensor
) -> torch.Tensor:
    """Scores of a few items a user from a model that computes all: (B, C), in bounded memory.

    Args:
        score_all: (b, m) histories -> (b, m) scores.
        history: (B, m).
        items: (B, C) int64.
    """
    step = max(1, CANDIDATE_BLOCK_BYTES // (4 * history.shape[1]))
    blocks = [slice(start, start + step) for start in range(0, len(items), step)]
    return torch.cat([score_all(history[block]).gather(1, items[block]) for block in blocks])


def padded_blocks(
    matrix: csr_array, bytes_per_row: Callable[[np.ndarray], np.ndarray], block_bytes: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The rows that are not empty, gathered with others of about their length.

    Args:
        matrix: (n, m).
        bytes_per_row: padded lengths -> what the caller's work takes per row of that length.
        block_bytes: aim for the work of one block; a block has at least one row.

    Yields:
        rows (R,) int64; columns (R, L) int32, padded with m; values (R, L) float32, padded with 0.
    """
    lengths = np.diff(matrix.indptr)
    order = np.argsort(lengths, kind="stable")
    order = order[lengths[order] > 0]
    costs = bytes_per_row(lengths[order])
    start = 0
    while start < len(order):
        # Rows are padded to the last, longest one of the block, so its cost is that of each.
        window = costs[start : start + block_bytes // costs[start] + 1]
        work = np.arange(1, len(window) + 1) * window
        stop = start + max(1, int(np.searchsorted(work, block_bytes, side="right")))
        rows = order[start:stop]
        filled = np.arange(lengths[rows[-1]]) < lengths[rows, None]
        chosen = matrix[rows]
        columns = np.full(filled.shape, matrix.shape[1], dtype=np.int32)
        values = np.zeros(filled.shape, dtype=np.float32)
        columns[filled], values[filled] = chosen.indices, chosen.data
        yield rows, columns, values
        start = stop
