"""The processes behind `recdag ui`: the code server, the daemon, and this one, which answers browsers.

`python -m recdag.web.server FILENO HOST` serves on a socket that listens already, as long as its standard
input is open: so it ends with the command that started it, however that ended.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from socket import socket
from threading import Thread

import dagster as dg
import uvicorn
import yaml
from dagster._cli.proxy_server_manager import ProxyServerManager
from dagster._utils.log import configure_loggers
from dagster_webserver.app import create_app_from_workspace_process_context
from starlette.routing import Mount
from starlette.types import ASGIApp

from recdag.orchestration.instance import opened
from recdag.orchestration.internals import (
    GRPC_INFO_TAG,
    IN_PROGRESS_RUN_STATUSES,
    DagsterUserCodeUnreachableError,
    WorkspaceFileTarget,
    WorkspaceProcessContext,
)
from recdag.orchestration.location import LOCATION
from recdag.settings import REPORTS_ROUTE, Settings
from recdag.web.guard import Guard, Hosts
from recdag.web.reports import Reports

_DATABASE_SECONDS, _RECYCLE_SECONDS, _CONNECTIONS = 15, 3600, 20
_POLL_MILLISECONDS = 2000
_GOODBYE_SECONDS = 3
_DAEMON_SECONDS = 30
_RUNS_SECONDS = 20

_log = logging.getLogger("dagster.recdag")


def serve(settings: Settings, listener: socket, hosts: Hosts) -> None:
    """Serve until interrupted; then runs that are at work are canceled and all processes end."""
    with ExitStack() as stack:
        instance = stack.enter_context(opened(settings.dagster_home))
        instance.optimize_for_webserver(1000 * _DATABASE_SECONDS, _RECYCLE_SECONDS, _CONNECTIONS)
        workspace = stack.enter_context(_code_server(instance))
        stack.enter_context(_daemon(workspace))
        context = stack.enter_context(
            WorkspaceProcessContext(instance, WorkspaceFileTarget([str(workspace)]))
        )
        app = guarded(context, settings.report.parent, hosts)
        config = uvicorn.Config(
            app, log_level="warning", proxy_headers=False, timeout_graceful_shutdown=_GOODBYE_SECONDS
        )
        uvicorn.Server(config).run(sockets=[listener])


def guarded(context: WorkspaceProcessContext, reports: Path, hosts: Hosts) -> ASGIApp:
    """Dagster's web UI with the report beside it, behind the guard."""
    app = create_app_from_workspace_process_context(context, live_data_poll_rate=_POLL_MILLISECONDS)
    app.router.routes.insert(0, Mount(REPORTS_ROUTE, Reports(reports)))
    return Guard(app, hosts)


@contextmanager
def _code_server(instance: dg.DagsterInstance) -> Iterator[Path]:
    """The process that loads the definitions, for the UI and the daemon; gives the file that names it."""
    with (
        ProxyServerManager(instance, LOCATION, code_server_log_level="warning") as manager,
        tempfile.TemporaryDirectory() as folder,
    ):
        servers = manager.get_code_server_specs()
        workspace = Path(folder) / "workspace.yaml"
        workspace.write_text(yaml.safe_dump({"load_from": list(servers)}), encoding="utf-8")
        try:
            yield workspace
        finally:
            _cancel_runs(instance, {str(each["grpc_server"]["socket"]) for each in servers})


def _cancel_runs(instance: dg.DagsterInstance, sockets: set[str]) -> None:
    """Cancel what these code servers have at work, and wait until it has ended."""
    filters = dg.RunsFilter(statuses=list(IN_PROGRESS_RUN_STATUSES))
    at_work = [
        run.run_id
        for run in instance.get_runs(filters)
        if any(name in run.tags.get(GRPC_INFO_TAG, "") for name in sockets)
    ]
    for run_id in at_work:
        with suppress(DagsterUserCodeUnreachableError):
            instance.run_launcher.terminate(run_id)
    end = time.monotonic() + _RUNS_SECONDS
    while at_work and instance.get_runs_count(
        dg.RunsFilter(at_work, statuses=list(IN_PROGRESS_RUN_STATUSES))
    ):
        if time.monotonic() > end:
            return
        time.sleep(0.2)


@contextmanager
def _daemon(workspace: Path) -> Iterator[None]:
    """Dagster's daemon, which launches runs from the queue and minds schedules and sensors."""
    command = [sys.executable, "-m", "recdag.web.daemon", "run", "--workspace", str(workspace)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    Thread(target=_end_with, args=(process,), daemon=True).start()
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_DAEMON_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def _end_with(daemon: subprocess.Popen[bytes]) -> None:
    """Without its daemon the UI would take runs and never begin them."""
    if code := daemon.wait():
        _log.error(f"Dagster's daemon has ended with code {code}, and the web UI with it.")
        _interrupt()


def _end_with_standard_input() -> None:
    sys.stdin.buffer.read()
    _interrupt()


def _interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def main(fileno: str, host: str) -> None:
    """Serve on the socket with this number."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    Thread(target=_end_with_standard_input, daemon=True).start()
    configure_loggers(log_level="INFO")
    try:
        serve(Settings.from_environment(), socket(fileno=int(fileno)), Hosts(host))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main(*sys.argv[1:])
