"""A browser, Dagster's web UI on a small project, and the published results of the report's tests.

The files of this folder are collected only where playwright is installed.
"""

import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
RECDAG = str(Path(sys.executable).with_name("recdag"))
HERE = Path(__file__).parent
HAS_PLAYWRIGHT = importlib.util.find_spec("playwright") is not None
REQUIRED = os.environ.get("RECDAG_BROWSER_TESTS") == "required"
BROWSER_ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
]
PATIENCE = 120
"""Seconds for what takes a few, on a machine that has other work."""

if REQUIRED and not HAS_PLAYWRIGHT:
    raise pytest.UsageError("browser tests are required, but playwright is not installed: make browser")
collect_ignore_glob = [] if HAS_PLAYWRIGHT else ["test_*.py"]


def _fixtures_of(folder):
    path = Path(__file__).parents[1] / folder / "conftest.py"
    found = importlib.util.spec_from_file_location(f"fixtures_of_{path.parent.name}", path)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


_published = _fixtures_of("report")
made, anchors = _published.made, _published.anchors


def pytest_terminal_summary(terminalreporter):
    skipped = terminalreporter.stats.get("skipped", [])
    without = [each for each in skipped if "no browser: " in str(each.longrepr)]
    if not HAS_PLAYWRIGHT:
        texts = [path.read_text(encoding="utf-8") for path in HERE.glob("test_*.py")]
        left_out = sum(len(re.findall(r"^def test_", text, re.MULTILINE)) for text in texts)
        reason = "playwright is not installed"
    elif without:
        left_out = len(without)
        reason = without[0].longrepr[2].split("no browser: ")[1]
    else:
        return
    terminalreporter.write_line(
        f"{left_out} tests in a browser were left out ({reason}). `make browser` installs one and runs them.",
        yellow=True,
        bold=True,
    )


@pytest.fixture(scope="session")
def browser():
    """Chromium without a window: the system's, else playwright's own."""
    from playwright.sync_api import Error, expect, sync_playwright

    expect.set_options(timeout=1000 * PATIENCE)
    with sync_playwright() as started:
        system = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
        try:
            opened = started.chromium.launch(executable_path=system, args=BROWSER_ARGUMENTS)
        except Error as error:
            reason = f"{system} does not start: {str(error).splitlines()[0]}"
            missing = reason if system else "Chromium is not installed"
            (pytest.fail if REQUIRED else pytest.skip)(f"no browser: {missing}")
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def axe(browser):
    """The text of axe-core, the accessibility checker."""
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Served:
    """Dagster's web UI on a home folder.

    Attributes:
        url: its address.
        home: the project's folder.
    """

    url: str
    home: Path

    def ask(self, query, **variables):
        """The data that a GraphQL query gives."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(
            f"{self.url}/graphql", body, {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)["data"]

    def runs(self):
        """Ids of all runs, the latest first."""
        found = self.ask("{ runsOrError { ... on Runs { results { runId } } } }")
        return [each["runId"] for each in found["runsOrError"]["results"]]

    def new_run(self, known):
        """The id of the run beyond those known, as soon as there is one."""
        for _ in patiently():
            if new := [each for each in self.runs() if each not in known]:
                return new[0]
        raise AssertionError("no run was launched")

    def wait_for(self, run):
        """Wait until a run has ended, and make sure that it ended well."""
        query = "query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
        for _ in patiently():
            status = self.ask(query, id=run)["runOrError"]["status"]
            if status in ("SUCCESS", "FAILURE", "CANCELED"):
                break
        assert status == "SUCCESS", f"the run ended with {status}"

    def computed(self, run):
        """asset -> whether a run computed it, or found it unchanged."""
        query = """query($id: ID!) { runOrError(runId: $id) { ... on Run { assetMaterializations {
            assetKey { path } metadataEntries { label ... on BoolMetadataEntry { boolValue } } } } } }"""
        return {
            "/".join(each["assetKey"]["path"]): not entry["boolValue"]
            for each in self.ask(query, id=run)["runOrError"]["assetMaterializations"]
            for entry in each["metadataEntries"]
            if entry["label"] == "cached"
        }


def patiently():
    """Go round twice a second until it takes too long."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        yield
        time.sleep(0.5)


@contextmanager
def _serving(home, environment):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = home / "ui.log"
    command = [RECDAG, "ui", "--port", str(port)]
    with log.open("w") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        url = f"http://127.0.0.1:{port}"
        for _ in patiently():
            if process.poll() is not None or _answers(url):
                break
        assert process.poll() is None, log.read_text()
        yield Served(url, home)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=PATIENCE)


def _answers(url):
    try:
        with urllib.request.urlopen(f"{url}/server_info", timeout=PATIENCE):
            return True
    except urllib.error.URLError:
        return False


@pytest.fixture(scope="session")
def served(browser, tmp_path_factory):
    """`recdag ui` on the data set `tiny`, with two models trained and a report."""
    home = _fixtures_of(".").make_home(tmp_path_factory.mktemp("served") / "home")
    environment = {**os.environ, "RECDAG_HOME": str(home), "OMP_NUM_THREADS": "1"}
    selection = '+key:"ncf/item_pop" or +key:"ncf/bpr" or key:"comparison" or key:"report"'
    command = [RECDAG, "run", "--dataset", "tiny", "--select", selection]
    made_first = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert made_first.returncode == 0, made_first.stdout + made_first.stderr
    with _serving(home, environment) as running:
        yield running


@pytest.fixture
def page(browser, served, tmp_path):
    """A page of the web UI; a picture of how it was left stays in the test's temporary folder."""
    context = browser.new_context(viewport={"width": 1600, "height": 1000}, base_url=served.url)
    context.set_default_timeout(1000 * PATIENCE)
    opened = context.new_page()
    yield opened
    for number, each in enumerate(context.pages):
        each.screenshot(path=tmp_path / f"page-{number}.png")
    context.close()
