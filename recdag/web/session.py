"""A process with all that it starts: it ends with this one, and nothing of it is left."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SECONDS_LEFT = 5


def run_session(
    command: Sequence[str],
    environment: Mapping[str, str],
    on_end: Callable[[], None],
    descriptors: Sequence[int] = (),
) -> int:
    """Run a command in a session of its own, which no Ctrl-C in the terminal reaches, until it ends.

    When one of the signals comes that end a command, or this process dies, its standard input ends, and it
    is to end as well.

    Args:
        on_end: called once, when a signal has come.
        descriptors: open files that it shares.

    Returns:
        Its exit code.
    """
    read, write = os.pipe()

    def end(*_: object) -> None:
        with suppress(OSError):
            os.close(write)
            on_end()

    for number in _ENDING:
        # A shell starts what runs in its background with SIGINT ignored; what follows would inherit that.
        signal.signal(number, end)
    process = subprocess.Popen(
        command, env=environment, stdin=read, pass_fds=descriptors, start_new_session=True
    )
    os.close(read)
    code = process.wait()
    _end_rest(process.pid)
    return code


def _end_rest(leader: int) -> None:
    """Give what is left of a session some seconds to end, and kill it then."""
    with suppress(ProcessLookupError):
        end = time.monotonic() + _SECONDS_LEFT
        while time.monotonic() < end:
            os.killpg(leader, 0)
            time.sleep(0.1)
        os.killpg(leader, signal.SIGKILL)
