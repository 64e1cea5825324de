"""`recdag ui`: Dagster's web UI."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Annotated

import typer

from recdag.cli.terminal import console


def ui(
    port: Annotated[int, typer.Option(help="Port on the loopback interface.")] = 3000,
) -> None:
    """Open Dagster's web UI on this machine, with a history that is kept."""
    from recdag.orchestration.instance import prepare_home
    from recdag.orchestration.turns import clear_killed_runs
    from recdag.report.serving import serving
    from recdag.settings import REPORTS_URL, Settings

    settings = Settings.from_environment()
    home = prepare_home(settings)
    clear_killed_runs(home)
    command = [
        sys.executable, "-W", "ignore:Function `dev_command` is superseded", "-m", "dagster", "dev",
        "-m", "recdag.definitions", "-h", "127.0.0.1", "-p", str(port),
    ]  # fmt: skip
    # A shell starts what runs in its background with SIGINT ignored, and children would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with serving(settings.report.parent) as reports:
        environment = {
            **os.environ,
            "RECDAG_HOME": str(settings.home),
            "DAGSTER_HOME": str(home),
            REPORTS_URL: reports,
        }
        process = subprocess.Popen(command, env=environment, start_new_session=True)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: process.send_signal(signal.SIGINT))
        console.print(f"Dagster's web UI: http://127.0.0.1:{port} (Ctrl-C ends it)")
        process.wait()
    raise typer.Exit(process.returncode)
