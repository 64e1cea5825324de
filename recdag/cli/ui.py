"""`recdag ui`: Dagster's web UI."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from recdag.cli.terminal import console


def ui(
    port: Annotated[int, typer.Option(help="Port on the loopback interface.")] = 3000,
) -> None:
    """Open Dagster's web UI on this machine, with a history that is kept."""
    from recdag.orchestration.instance import prepare_home
    from recdag.settings import CHECKOUT, Settings

    home = prepare_home(Settings.from_environment())
    console.print(f"Dagster's web UI: http://127.0.0.1:{port} (Ctrl-C ends it)")
    command = [
        str(Path(sys.executable).with_name("dagster")), "dev",
        "-w", str(CHECKOUT / "workspace.yaml"), "-h", "127.0.0.1", "-p", str(port),
    ]  # fmt: skip
    os.execve(command[0], command, {**os.environ, "DAGSTER_HOME": str(home)})
