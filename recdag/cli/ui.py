"""`recdag ui`: Dagster's web UI, and the report beside it."""

from __future__ import annotations

import errno
import os
import socket
import sys
from typing import Annotated

import typer

from recdag.cli.terminal import console, errors
from recdag.errors import RecdagError

_HIGHEST_PORT = 65535


def ui(
    port: Annotated[
        int, typer.Option(min=0, max=_HIGHEST_PORT, help="The port; 0: any that is free.")
    ] = 3000,
    host: Annotated[
        str, typer.Option(help="Address to listen on. Whoever reaches it can start and delete runs.")
    ] = "127.0.0.1",
) -> None:
    """Open Dagster's web UI and the report on this machine, with a history that is kept."""
    from recdag.orchestration.instance import prepare_home
    from recdag.orchestration.run_lock import clear_killed_runs
    from recdag.settings import Settings
    from recdag.web.guard import Hosts
    from recdag.web.session import run_session

    settings, hosts = Settings.from_environment(), Hosts(host)
    listener = _listening(host, port)
    home = prepare_home(settings)
    clear_killed_runs(home)
    shown = "localhost" if hosts.everywhere else f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{listener.getsockname()[1]}"
    if not hosts.loopback:
        errors.print(
            "[yellow]recdag:[/] nobody has to log in: everybody who reaches this port can start, stop and "
            "delete runs.",
            highlight=False,
            soft_wrap=True,
        )
    console.print(f"Dagster's web UI: {url} (Ctrl-C ends it)", soft_wrap=True)
    console.print(f"The report:       {url}{settings.report_route}", soft_wrap=True)
    code = run_session(
        [sys.executable, "-m", "recdag.web.server", str(listener.fileno()), host],
        {
            **os.environ,
            "RECDAG_HOME": str(settings.home),
            "DAGSTER_HOME": str(home),
            "DAGSTER_IS_DEV_CLI": "1",
            "DAGSTER_verbose": "",
        },
        on_end=lambda: console.print("Ending. A run at work is canceled; launched again, it goes on."),
        descriptors=[listener.fileno()],
    )
    raise typer.Exit(code)


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        RecdagError: somebody else does, or nobody can.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise RecdagError(
                f"port {port} of {host} is in use",
                cure=f"End what uses it, or take another: recdag ui --port {port % _HIGHEST_PORT + 1}",
            ) from error
        reason = error.strerror if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
        raise RecdagError(f"{host} cannot be listened on at port {port}: {reason}") from error
