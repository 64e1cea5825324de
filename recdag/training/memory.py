"""Running out of memory, on the machine or on the GPU, as one error that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from recdag.errors import TrainingError

_BY_MESSAGE = ("DefaultCPUAllocator", "out of memory", "CUBLAS_STATUS_ALLOC_FAILED")


@contextmanager
def memory_errors() -> Iterator[None]:
    """Says what to change where numpy, torch or CUDA cannot allocate; other errors pass.

    Raises:
        TrainingError: in place of theirs.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not ran_out(error):
            raise
        raise TrainingError(
            f"the memory is used up ({str(error).splitlines()[0] if str(error) else 'no more is given'})",
            cure="Lower batch_size, factors or hidden of this model, or end what else uses the memory",
        ) from error


def ran_out(error: Exception) -> bool:
    """Whether an error means that there was no memory; torch tells some by their text alone."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _BY_MESSAGE)
