"""A browser, and the published results of the report's tests."""

import importlib.util
import shutil
from pathlib import Path

import pytest

_results = importlib.util.spec_from_file_location(
    "made_results", Path(__file__).parents[1] / "report" / "conftest.py"
)
_module = importlib.util.module_from_spec(_results)
_results.loader.exec_module(_module)
made, anchors = _module.made, _module.anchors


@pytest.fixture(scope="session")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as started:
        try:
            opened = started.chromium.launch(executable_path=shutil.which("chromium"))
        except playwright.Error as error:
            pytest.skip(f"chromium does not start: {str(error).splitlines()[0]}")
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def axe():
    """The text of axe-core, the accessibility checker."""
    package = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    return (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
