"""The comparison page in a real browser. RECDAG_REPORT names another page to look at."""

import os
from pathlib import Path

import pytest

from recdag.papers.catalogue import PAPERS
from recdag.papers.claims import STANDS_FOR
from recdag.report.page import build_report

WIDTHS = (390, 1440)
BYTES = 3_000_000


@pytest.fixture(scope="module")
def address(made, anchors, tmp_path_factory):
    if given := os.environ.get("RECDAG_REPORT"):
        return Path(given).resolve().as_uri()
    output = tmp_path_factory.mktemp("page") / "report.html"
    build_report(made.path, output, papers=PAPERS, anchors=anchors, stands_for=STANDS_FOR)
    return output.as_uri()


@pytest.fixture
def opened(browser, address):
    """Opens the page; what it asks for and complains of is collected in `asked` and `complaints`."""
    contexts = []

    def open_page(width=1440, scheme="light", **options):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.complaints, page.asked = [], []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_it_opens_without_network_complaints_or_sideways_scrolling(opened, address, width):
    page = opened(width)
    assert len(page.content().encode()) < BYTES
    assert page.asked == [address] and page.complaints == []
    inner, outer = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert inner <= outer


def test_on_a_phone_a_claim_shows_its_numbers_and_verdict_without_sideways_scrolling(opened):
    page = opened(390)
    row = page.locator("#claims-table tr[data-verdict=reproduced]").first
    for shown in ("th", ".published", ".measured", ".verdict"):
        box = row.locator(shown).first.bounding_box()
        assert box["x"] >= 0 and box["width"] > 0 and box["x"] + box["width"] <= 390, shown
    inner, outer = page.locator(".claims-list").evaluate("e => [e.scrollWidth, e.clientWidth]")
    assert inner <= outer


@pytest.mark.parametrize("width", WIDTHS)
def test_links_are_large_enough_to_be_hit(opened, width):
    small = (
        opened(width)
        .locator("a:visible:not(.skip)")
        .evaluate_all(
            "all => all.filter((a) => Math.min(a.offsetHeight, a.offsetWidth) < 24).map((a) => a.outerHTML)"
        )
    )
    assert small == []


def test_on_a_desktop_no_result_table_is_cut(opened):
    cut = (
        opened(1440)
        .locator(".scroll:has(> table.results)")
        .evaluate_all(
            "all => all.filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.innerText.slice(0, 99))"
        )
    )
    assert cut == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_serious(opened, axe, width, scheme):
    page = opened(width, scheme)
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    serious = [each for each in found if each["impact"] in ("serious", "critical")]
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in serious] == []


def test_claims_are_sorted_by_mouse_and_by_keyboard(opened):
    page = opened()
    column = page.locator("#claims-table thead th", has_text="published")
    cells = "rows => rows.map((row) => parseFloat(row.cells[5].textContent))"

    def shown():
        return page.locator("#claims-table tbody tr").evaluate_all(cells)

    column.locator("button").click()
    assert column.get_attribute("aria-sort") == "ascending" and shown() == sorted(shown())
    column.locator("button").focus()
    page.keyboard.press("Enter")
    assert column.get_attribute("aria-sort") == "descending" and shown() == sorted(shown(), reverse=True)
    assert page.locator("#claims-table th[aria-sort]").count() == 1


def test_claims_are_sorted_by_their_full_values(opened):
    page = opened()
    page.locator("#claims-table thead th", has_text="reproduced").locator("button").click()
    shown = page.locator("#claims-table td:nth-child(7) data").evaluate_all("all => all.map((e) => +e.value)")
    assert shown == sorted(shown) and len(set(shown)) > 1


def test_claims_are_filtered_by_verdict(opened):
    page = opened()
    for box in page.locator("input[name=verdict]").all():
        box.set_checked(box.get_attribute("value") == "reproduced")
    rows = page.locator("#claims-table tbody tr:visible")
    assert set(rows.evaluate_all("all => all.map((row) => row.dataset.verdict)")) == {"reproduced"}


def test_claims_are_filtered(opened):
    page = opened()
    page.locator("select[name=paper]").select_option("ncf")
    page.locator("input[type=search]").fill("neumf")
    rows = page.locator("#claims-table tbody tr:visible")
    texts = rows.all_inner_texts()
    assert texts and all(text.startswith("ncf") and "neumf" in text for text in texts)
    total = page.locator("#claims-table tbody tr").count()
    assert page.locator("output[name=shown]").inner_text() == f"{len(texts)} of {total} shown"


def test_without_scripts_it_is_a_plain_page(opened):
    page = opened(java_script_enabled=False)
    assert page.locator("#claims-table tbody tr:visible").count() > 300
    assert page.locator(".filters").is_hidden()
    assert page.locator("#claims-table thead button").count() == 0


def test_it_prints_on_a_number_of_pages_a_person_would_print(opened):
    printed = opened().pdf(format="A4", landscape=True)
    assert 1 < printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") < 80
