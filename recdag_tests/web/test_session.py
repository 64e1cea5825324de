"""A process that ends with the one that started it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

# The session's leader starts a process that minds nothing, tells its number, and ends with its own input.
LEADER = """
import subprocess, sys
left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(left.pid, flush=True)
sys.stdin.read()
"""
COMMAND = f"""
import os, sys
from recdag.web import session
session._SECONDS_LEFT = 0.5
command = [sys.executable, "-c", {LEADER!r}]
raise SystemExit(session.run_session(command, os.environ, lambda: print("ending", flush=True)))
"""


def state_of(pid):
    """Letter of the state, and the parent's number; None where there is no such process."""
    try:
        letter, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return None
    return letter, int(parent)


def is_there(pid):
    return (state_of(pid) or "Z")[0] != "Z"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_of_it(number):
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # as in the background of a shell
    )
    left = int(process.stdout.readline())
    assert is_there(left)
    process.send_signal(number)
    assert process.stdout.readline() == "ending\n"
    assert process.wait(timeout=30) == 0
    time.sleep(0.2)
    assert not is_there(left)


def test_it_ends_when_the_command_is_killed():
    process = subprocess.Popen([sys.executable, "-c", COMMAND], stdout=subprocess.PIPE, text=True)
    left = int(process.stdout.readline())
    _, leader = state_of(left)
    process.kill()
    process.wait()
    end = time.monotonic() + 30
    while is_there(leader) and time.monotonic() < end:
        time.sleep(0.1)
    os.kill(left, signal.SIGKILL)
    assert not is_there(leader)
