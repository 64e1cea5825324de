"""The process of Dagster's daemon, ended while it is still loading."""

import subprocess
import sys

import pytest

# Ends itself as soon as the daemon's modules begin to be loaded.
IMPATIENT = """
import os, runpy, signal, sys

class Interrupt:
    def find_spec(self, name, *_):
        if name == "dagster._daemon.controller":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupt())
sys.argv[1:] = ["run", "--empty-workspace"]
runpy.run_module("MODULE", run_name="__main__")
"""


@pytest.mark.parametrize(("module", "quiet"), [("recdag.web.daemon", True), ("dagster._daemon", False)])
def test_an_interrupt_while_it_loads_is_no_traceback(module, quiet):
    ended = subprocess.run(
        [sys.executable, "-c", IMPATIENT.replace("MODULE", module)], capture_output=True, text=True
    )
    assert (ended.returncode == 0) is quiet
    assert ("Traceback" not in ended.stderr) is quiet
