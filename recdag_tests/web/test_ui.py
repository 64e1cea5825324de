"""`recdag ui` as a process: what it says, refuses, and leaves behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
import typer

from recdag.cli.ui import ui
from recdag.errors import RecdagError
from recdag.web import session

PATIENCE = 120
COMMAND = [sys.executable, "-W", "ignore", "-c", "from recdag.cli import main; main()", "ui"]


def asked(url, **headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=PATIENCE) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def processes_of(session_id):
    """Those alive; one that was killed is a remnant for a moment."""
    found = subprocess.run(
        ["ps", "-s", str(session_id), "-o", "stat="], capture_output=True, text=True
    ).stdout
    return [state for state in found.split() if not state.startswith("Z")]


def test_it_serves_behind_the_layer_and_leaves_nothing(home):
    process = subprocess.Popen(
        [*COMMAND, "--port", "0"],
        env=os.environ | {"COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        url, report = (re.search(r"http://\S+", process.stdout.readline())[0] for _ in range(2))
        assert report == f"{url}/reports/report.html"
        assert asked(f"{url}/server_info") == 200
        assert asked(f"{url}/graphql?query=%7B__typename%7D") == 405
        assert asked(url, Host="evil.example") == asked(url, Origin="null") == 403
        assert asked(report) == 404
        server = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout
        started = int(server.split()[0])
        assert len(processes_of(started)) > 1
    finally:
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0 and processes_of(started) == []


def test_a_port_in_use_is_one_error_and_nothing_is_made(home):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RecdagError) as raised:
            ui(port=port)
    assert str(raised.value) == (
        f"port {port} of 127.0.0.1 is in use. End what uses it, or take another: recdag ui --port {port + 1}"
    )
    assert not (home / "data" / "dagster_home").exists()


@pytest.mark.parametrize("host", ["203.0.113.1", "nowhere.invalid"])
def test_an_address_that_is_not_of_this_machine_is_one_error(home, host):
    with pytest.raises(RecdagError, match=f"{host} cannot be listened on at port 0: [A-Z]"):
        ui(port=0, host=host)


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "localhost")])
def test_another_address_than_loopback_comes_with_a_warning(home, monkeypatch, capfd, host, shown):
    commands = []
    monkeypatch.setattr(session, "run_session", lambda command, *_, **__: commands.append(command) or 0)
    with pytest.raises(typer.Exit):
        ui(port=0, host=host)
    said, warned = capfd.readouterr()
    assert f"http://{shown}:" in said and commands[0][-1] == host
    assert ("everybody who reaches this port" in warned) == (host == "0.0.0.0")
