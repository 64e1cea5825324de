"""Speed of FAWMF's iterations: fBGD, by cached sums, against plain gradient descent on all cells.

Both take full-batch Adam steps on the same random data, on one thread, in turn.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np
import torch
from scipy.sparse import csr_array

from recdag.recommenders.fawmf import FAWMFConfig
from recdag.recommenders.fawmf.model import FAWMF
from recdag.training.data import TrainingData
from recdag.training.options import FitOptions


def random_data(n_users: int, n_items: int, n_cells: int, seed: int) -> TrainingData:
    """About `n_cells` distinct positives; activity and popularity have long tails, as in MovieLens."""
    rng = np.random.default_rng(seed)
    activity = rng.lognormal(sigma=1.0, size=n_users)
    popularity = rng.lognormal(sigma=1.6, size=n_items)
    rate = np.outer(activity / activity.sum(), popularity / popularity.sum())
    low, high = 0.0, float(n_users * n_items) ** 2
    while high - low > 1e-3 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if -np.expm1(-middle * rate).sum() > n_cells else (middle, high)
    matrix = csr_array((rng.random(rate.shape) < -np.expm1(-high * rate)).astype(np.float32))
    return TrainingData(matrix, matrix)


def seconds_per_iteration(data: TrainingData, config: FAWMFConfig, rounds: int) -> float:
    """Processor time, the median over `rounds` after one round that does not count."""
    model, options = FAWMF(config), FitOptions()
    model.prepare(data, options)
    rng = np.random.default_rng(0)
    taken = []
    for _ in range(rounds + 1):
        started = time.process_time()
        model.train_epoch(rng, options)
        taken.append((time.process_time() - started) / config.iterations_per_epoch)
    return statistics.median(taken[1:])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--users", type=int, default=6040, help="as many as in MovieLens-1M")
    parser.add_argument("--items", type=int, default=3706, help="as many as in MovieLens-1M")
    parser.add_argument("--cells", type=int, default=800_000, help="positives: one fold of MovieLens-1M")
    parser.add_argument("--factors", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of 10 fBGD or 2 BGD iterations")
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    data = random_data(arguments.users, arguments.items, arguments.cells, seed=0)
    print(
        f"{data.n_users} users, {data.n_items} items, {data.positives.nnz} positives, K = D = 20, one thread"
    )
    seconds = {}
    for training, iterations in (("fbgd", 10), ("bgd", 2)):
        config = FAWMFConfig(factors=arguments.factors, training=training, iterations_per_epoch=iterations)
        seconds[training] = seconds_per_iteration(data, config, arguments.rounds)
        print(f"{training:5} {1000 * seconds[training]:8.1f} ms an iteration")
    print(f"ratio {seconds['bgd'] / seconds['fbgd']:8.1f}")


if __name__ == "__main__":
    main()
