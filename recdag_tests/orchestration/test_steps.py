"""What becomes of errors in a step: which are tried again, and what is shown."""

import errno

import dagster as dg
import pytest

from recdag.errors import DataError, Unreachable
from recdag.orchestration.assets.data import ON_NETWORK_TROUBLE
from recdag.orchestration.steps import user_errors

QUICKLY = dg.RetryPolicy(max_retries=ON_NETWORK_TROUBLE.max_retries, delay=0)


@pytest.mark.parametrize(
    "error, attempts, shown",
    [
        (Unreachable("The download broke off", cure="Check the connection"), 3, "Check the connection"),
        (DataError("The server answers 404", cure="Place the files"), 1, "Place the files"),
        (OSError(errno.ENOSPC, "No space left on device"), 1, "Free some space"),
        (MemoryError("Unable to allocate 1 TiB"), 1, "memory ran out (Unable to allocate 1 TiB)"),
    ],
)
def test_only_the_network_is_tried_again(error, attempts, shown):
    tried = []

    @dg.asset(retry_policy=QUICKLY)
    def raw_files():
        tried.append(1)
        with user_errors():
            raise error

    result = dg.materialize([raw_files], raise_on_error=False)
    assert len(tried) == attempts
    (failure,) = [event.step_failure_data for event in result.all_events if event.is_step_failure]
    assert shown in failure.user_failure_data.description


def test_an_error_of_the_program_is_not_hidden():
    with pytest.raises(ZeroDivisionError), user_errors():
        print(1 / 0)
