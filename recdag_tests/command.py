"""`recdag` as somebody types it: a process a command, forked from one that has loaded the libraries."""

from __future__ import annotations

import multiprocessing
import os
import sys
import warnings
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory

_LIBRARIES = [
    "torch",
    "pandas",
    "scipy.stats",
    "matplotlib.pyplot",
    "jinja2",
    "numba",
    "recdag.orchestration.definitions",
]
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(_LIBRARIES)


def recdag(*arguments: object, **environment: str) -> CompletedProcess[str]:
    """Run a command that reads nothing and writes to no terminal.

    Args:
        environment: variables beside those of this process; lines are 200 columns wide without `COLUMNS`.
    """
    words = [str(argument) for argument in arguments]
    variables = dict(os.environ) | {"COLUMNS": "200"} | environment
    with TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        process = _processes.Process(target=_command, args=(words, variables, Path.cwd(), out, err))
        process.start()
        process.join()
        return CompletedProcess(words, process.exitcode, out.read_text(), err.read_text())


def _command(words: list[str], variables: dict[str, str], folder: Path, out: Path, err: Path) -> None:
    """What the process does."""
    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(folder)
    warnings.simplefilter("ignore")
    sys.argv = ["recdag", *words]

    from recdag.cli import main

    main()
