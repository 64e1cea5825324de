"""What the documentation names is there."""

import re

import pytest
import yaml

from recdag.settings import CHECKOUT, PACKAGE

PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", *(f"docs/{name}.md" for name in (
    "adding", "architecture", "library", "operations", "queries"
)))  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_and_headings(page):
    text = (CHECKOUT / page).read_text(encoding="utf-8")
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", text):
        file, _, heading = link.partition("#")
        target = ((CHECKOUT / page).parent / file) if file else CHECKOUT / page
        assert target.exists(), link
        if heading:
            titles = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in {re.sub(r"[^a-z0-9 -]", "", each.lower()).replace(" ", "-") for each in titles}


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md"])
def test_every_room_is_named(page):
    text = (CHECKOUT / page).read_text(encoding="utf-8")
    rooms = [folder.name for folder in PACKAGE.iterdir() if (folder / "__init__.py").exists()]
    assert len(rooms) > 10 and [room for room in rooms if f"{room}/" not in text] == []


def test_modules_that_the_pages_name_are_there():
    for page in ("docs/architecture.md", "docs/adding.md"):
        text = re.sub(
            r"^```.*?^```$", "", (CHECKOUT / page).read_text("utf-8"), flags=re.MULTILINE | re.DOTALL
        )
        named = [name.removeprefix("recdag/") for name in re.findall(r"`([\w/]+\.py)`", text)]
        missing = [name for name in named if not (PACKAGE / name).exists()]
        assert [name for name in missing if not (PACKAGE / "evaluation" / name).exists()] == [], page


def test_the_citation_has_the_version_of_the_package():
    citation = yaml.safe_load((CHECKOUT / "CITATION.cff").read_text(encoding="utf-8"))
    project = (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{citation["version"]}"' in project and citation["authors"]
