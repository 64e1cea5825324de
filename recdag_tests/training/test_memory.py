"""An allocation that fails is told as what to change."""

import numpy as np
import pytest
import torch

from recdag.errors import TrainingError
from recdag.training.memory import memory_errors


@pytest.mark.parametrize(
    "allocate", [lambda: np.empty(2**50), lambda: torch.empty(2**60), lambda: [0] * 2**62]
)
def test_no_memory_is_told_with_a_cure(allocate):
    with (
        pytest.raises(TrainingError, match=r"the memory is used up .* Lower batch_size"),
        memory_errors(),
    ):
        allocate()


def test_other_errors_pass():
    with pytest.raises(RuntimeError, match="must match"), memory_errors():
        torch.zeros(3) + torch.zeros(4)


def test_it_tells_of_every_call_it_decorates():
    @memory_errors()
    def hungry():
        raise MemoryError

    for _ in range(2):
        with pytest.raises(TrainingError, match="no more is given"):
            hungry()
