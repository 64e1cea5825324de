"""What the layer before the webserver lets through."""

import asyncio
import socket

import pytest

from recdag.web.guard import Guard, Hosts

HERE = "127.0.0.1:3000"
JSON = {"content-type": "application/json"}
OWN = {"origin": f"http://{HERE}", "sec-fetch-site": "same-origin"}
LINK = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "accept": "text/html,*/*"}
IMAGE = {"sec-fetch-mode": "no-cors", "sec-fetch-dest": "image", "accept": "image/*"}


def answer(method="GET", path="/", headers=None, host=HERE, bound="127.0.0.1", kind="http"):
    """Status of the answer, 0 for a WebSocket that is let in; the application itself says 200."""
    given = [("host", host), *(headers if isinstance(headers, list) else (headers or {}).items())]
    scope = {
        "type": kind,
        "method": method,
        "path": path,
        "headers": [(name.encode(), value.encode()) for name, value in given if value is not None],
    }
    if kind == "websocket":
        del scope["method"]
    sent = []

    async def app(scope, receive, send):
        if kind == "websocket":
            await send({"type": "websocket.accept"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive():
        return {"type": f"{kind}.connect" if kind == "websocket" else "http.request"}

    async def send(message):
        sent.append(message)

    asyncio.run(Guard(app, Hosts(bound))(scope, receive, send))
    answer.sent = sent
    return 0 if sent[0]["type"] == "websocket.accept" else sent[0].get("status", sent[0].get("code"))


@pytest.mark.parametrize(
    "host", [HERE, "localhost:3000", "LOCALHOST:3000", "[::1]:3000", "127.0.0.1", "localhost:4000"]
)
def test_it_answers_under_the_names_of_this_machine(host):
    assert answer(host=host) == 200
    assert answer("POST", "/graphql", JSON, host=host) == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:3000",
        "localhost.evil.example",
        "10.0.0.7:3000",
        "0.0.0.0:3000",
        "localhost@evil.example",
        "localhost:3000, evil.example",
        "localhost/",
        "",
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_another_name_is_a_foreign_site_that_points_here(host, kind):
    assert answer(host=host, kind=kind) in (403, 1008)


def test_two_names_are_none():
    assert answer(headers=[("host", "evil.example")]) == 403
    assert answer(host=None) == 403


def test_the_name_given_is_answered_to():
    assert answer(host="box.lan:3000", bound="box.lan") == 200
    assert answer(host="other.lan:3000", bound="box.lan") == 403
    assert answer(host="10.0.0.7:3000", bound="0.0.0.0") == 200
    assert answer(host=f"{socket.gethostname()}:3000", bound="0.0.0.0") == 200
    assert answer(host="evil.example:3000", bound="0.0.0.0") == 403
    assert [Hosts(each).loopback for each in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "box.lan")] == [
        True, True, True, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "http://127.0.0.1:4000",
        "http://localhost:3000",
        "ftp://127.0.0.1:3000",
        f"http://{HERE}.evil.example",
        "",
    ],
)
@pytest.mark.parametrize(
    "request_",
    [
        {"method": "POST", "path": "/graphql", "headers": JSON},
        {"path": "/"},
        {"kind": "websocket", "path": "/graphql"},
    ],
)
def test_pages_of_other_origins_are_refused(origin, request_):
    headers = {**request_.get("headers", {}), "origin": origin}
    assert answer(**{**request_, "headers": headers}) in (403, 1008)


def test_its_own_pages_and_programs_are_answered():
    assert answer("POST", "/graphql", JSON | OWN) == 200
    assert answer("POST", "/graphql", {"content-type": "application/json; charset=utf-8"}) == 200
    assert answer(kind="websocket", path="/graphql", headers={"origin": f"http://{HERE}"}) == 0
    assert answer(kind="websocket", path="/graphql") == 0
    assert (
        answer(headers={"sec-fetch-site": "same-origin"}) == answer(headers={"sec-fetch-site": "none"}) == 200
    )


def test_a_tunnel_from_another_port_is_answered():
    assert (
        answer("POST", "/graphql", JSON | {"origin": "http://localhost:4000"}, host="localhost:4000") == 200
    )


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_other_sites_may_link_here_and_no_more(site):
    fetched = {"sec-fetch-site": site}
    assert answer(headers=fetched | LINK) == 200
    assert answer(headers=fetched | IMAGE) == 403
    assert answer(headers=fetched | LINK | {"sec-fetch-dest": "iframe"}) == 403
    assert answer(headers=fetched) == 403
    assert answer("POST", "/graphql", fetched | LINK | JSON) == 403


@pytest.mark.parametrize(
    "path", ["/graphql", "/report_asset_materialization/a", "/report_asset_check/a", "/elsewhere"]
)
@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "text/plain; charset=application/json",
        "application/json-x",
        "",
        None,
    ],
)
def test_what_a_page_can_post_unasked_is_refused(path, content_type):
    assert answer("POST", path, {"content-type": content_type}) == 415


def test_two_types_are_none():
    assert (
        answer("POST", "/graphql", [("content-type", "text/plain"), ("content-type", "application/json")])
        == 415
    )


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(method):
    assert answer(method, "/graphql", JSON) == 405


def test_nothing_is_asked_by_get():
    assert answer(path="/graphql", headers={"accept": "*/*"}) == 405
    assert answer(path="/graphql") == 405
    assert answer(path="/graphql", headers=LINK) == 200


def test_answers_may_not_be_framed():
    answer()
    assert dict(answer.sent[0]["headers"])[b"x-frame-options"] == b"SAMEORIGIN"
