"""What a user has installed, set and added does not change what the tests say."""

import os
import re
import subprocess
import sys
from pathlib import Path

from recdag.graph.project import Project

TESTS = Path(__file__).parent
WITHOUT_PLAYWRIGHT = (
    "import sys, pytest; sys.modules['playwright'] = None; sys.exit(pytest.main(sys.argv[1:]))"
)


def run_pytest(*arguments, **variables):
    command = [sys.executable, "-c", WITHOUT_PLAYWRIGHT, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | variables)


def test_without_playwright_the_browser_tests_are_left_out_and_counted():
    shown = run_pytest(TESTS / "ui", TESTS / "test_settings.py", "--collect-only")
    assert shown.returncode == 0, shown.stdout
    assert "test_settings.py" in shown.stdout and "test_dagster" not in shown.stdout
    told = r"^[1-9]\d* tests in a browser were left out \(playwright is not installed\). `make browser`"
    assert re.search(told, shown.stdout, re.MULTILINE)


def test_required_browser_tests_are_not_left_out():
    shown = run_pytest(TESTS / "ui", "--collect-only", RECDAG_BROWSER_TESTS="required")
    assert shown.returncode != 0 and "playwright is not installed: make browser" in shown.stderr


def test_nothing_of_the_user_is_seen():
    project = Project.open()
    assert os.environ["RECDAG_DEVICE"] == "cpu"
    assert not os.environ.keys() & {"RECDAG_DATA_DIR", "DAGSTER_HOME"}
    assert "mine" not in project.catalogue and "demo" in project.catalogue
    assert list(project.settings.home.iterdir()) == []


def test_a_user_with_data_and_settings_runs_the_same_tests(home, tmp_path):
    entry = home / "data" / "added" / "tiny.yaml"
    entry.with_name("mine.yaml").write_text(entry.read_text().replace("name: tiny", "name: mine"))
    assert "mine" in Project.open().catalogue
    here = f"{__file__}::{test_nothing_of_the_user_is_seen.__name__}"
    shown = run_pytest(
        here, RECDAG_DATA_DIR=str(tmp_path), RECDAG_DEVICE="abacus", DAGSTER_HOME=str(tmp_path / "history")
    )
    assert shown.returncode == 0, shown.stdout
