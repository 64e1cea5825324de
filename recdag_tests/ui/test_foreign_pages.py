"""What a page of another site, open in the same browser, can do to the web UI: nothing."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

WIPE = 'mutation{wipeAssets(assetPartitionRanges:[{assetKey:{path:["ncf","item_pop"]}}]){__typename}}'
HISTORY = """query { assetOrError(assetKey: {path: ["ncf", "item_pop"]}) { ... on Asset {
    assetMaterializations { runId timestamp } } } }"""

# Each gives what the page was told, after the server has answered.
ATTACKS = {
    "image": """async ({url, query}) => new Promise((done) => {
        const image = new Image();
        image.onload = image.onerror = () => done('answered');
        image.src = `${url}/graphql?query=${encodeURIComponent(query)}`;
    })""",
    "form": """async ({url, query}) => new Promise((done) => {
        const frame = document.body.appendChild(Object.assign(document.createElement('iframe'), {name: 'f'}));
        const form = document.body.appendChild(document.createElement('form'));
        Object.assign(form, {method: 'POST', enctype: 'text/plain', target: 'f',
            action: `${url}/graphql?query=${encodeURIComponent(query)}`});
        form.append(Object.assign(document.createElement('input'),
            {name: `{"query": ${JSON.stringify(query)}, "a": "`, value: '"}'}));
        frame.onload = () => done('answered');
        form.submit();
    })""",
    "fetch": """async ({url, query}) => (await Promise.allSettled([
        fetch(`${url}/graphql?query=${encodeURIComponent(query)}`, {mode: 'no-cors'}),
        fetch(`${url}/graphql?query=${encodeURIComponent(query)}`, {mode: 'no-cors', method: 'POST'}),
        fetch(`${url}/graphql`, {mode: 'no-cors', method: 'POST', body: JSON.stringify({query}),
            headers: {'Content-Type': 'text/plain; a=application/json'}}),
        fetch(`${url}/report_asset_materialization/ncf/item_pop`, {mode: 'no-cors', method: 'POST'}),
        fetch(`${url}/graphql`, {method: 'POST', body: JSON.stringify({query}),
            headers: {'Content-Type': 'application/json'}}),
    ])).at(-1).status""",
    "socket": """async ({url}) => new Promise((done) => {
        const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-ws');
        socket.onopen = () => done('open');
        socket.onerror = () => done('refused');
    })""",
}
TOLD = {"image": "answered", "form": "answered", "fetch": "rejected", "socket": "refused"}


class _Page(BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"<!doctype html><title>elsewhere</title><body></body>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def elsewhere():
    """The port of another site on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def _state(served):
    return served.ask(HISTORY)["assetOrError"]["assetMaterializations"], served.runs()


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("theirs", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("ours", ["127.0.0.1", "localhost"])
def test_a_page_of_another_site_changes_nothing(page, served, elsewhere, theirs, ours, attack):
    before = _state(served)
    assert before[0]
    page.goto(f"http://{theirs}:{elsewhere}/")
    url = f"http://{ours}:{urlsplit(served.url).port}"
    assert page.evaluate(ATTACKS[attack], {"url": url, "query": WIPE}) == TOLD[attack]
    assert _state(served) == before


def test_another_site_may_link_to_the_ui_and_not_frame_it(page, served, elsewhere):
    page.goto(f"http://localhost:{elsewhere}/")
    page.set_content(f'<iframe src="{served.url}/runs"></iframe><a href="{served.url}/runs">the UI</a>')
    page.frame_locator("iframe").locator("body").wait_for()
    expect(page.frame_locator("iframe").get_by_text("Runs")).to_have_count(0)
    page.get_by_role("link", name="the UI").click()
    expect(page.get_by_text("Runs", exact=True).first).to_be_visible()


def test_the_report_is_of_no_origin_and_asks_nothing(page, served):
    before = _state(served)
    page.goto("/reports/report.html")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate("self.origin") == "null"
    expect(page.locator(".filters output").first).to_contain_text("shown")
    assert page.evaluate(ATTACKS["fetch"], {"url": served.url, "query": WIPE}) == "rejected"
    assert _state(served) == before
