"""What is shown of an error in a step."""

import errno

import dagster as dg
import pytest

from recdag.errors import DataError
from recdag.orchestration.assets import user_errors


@pytest.mark.parametrize(
    "error, shown",
    [
        (DataError("The server answers 404", cure="Place the files"), "Place the files"),
        (OSError(errno.ENOSPC, "No space left on device"), "Free some space"),
        (MemoryError("Unable to allocate 1 TiB"), "memory ran out (Unable to allocate 1 TiB)"),
    ],
)
def test_an_error_that_a_user_can_act_on_is_shown_as_its_message(error, shown):
    @dg.asset
    def raw_files():
        with user_errors():
            raise error

    result = dg.materialize([raw_files], raise_on_error=False)
    (failure,) = [event.step_failure_data for event in result.all_events if event.is_step_failure]
    assert shown in failure.user_failure_data.description


def test_an_error_of_the_program_is_not_hidden():
    with pytest.raises(ZeroDivisionError), user_errors():
        print(1 / 0)
