"""The report beside the web UI."""

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from recdag.web.reports import Reports


@pytest.fixture
def client(tmp_path):
    folder = tmp_path / "reports"
    (folder / "ncf" / "gmf").mkdir(parents=True)
    (folder / "report.html").write_text("<h1>Results</h1>")
    (folder / "ncf" / "gmf" / "demo.md").write_text("# GMF")
    (tmp_path / "secret").write_text("no")
    (folder / "link").symlink_to(tmp_path / "secret")
    return TestClient(Starlette(routes=[Mount("/reports", Reports(folder))]))


def test_pages_and_records_are_served(client):
    page = client.get("/reports/report.html")
    assert page.text == "<h1>Results</h1>" and page.headers["content-type"].startswith("text/html")
    record = client.get("/reports/ncf/gmf/demo.md")
    assert record.text == "# GMF" and record.headers["content-type"].startswith("text/plain")


def test_a_page_is_of_no_origin_and_reaches_nothing(client):
    for path in ("/reports/report.html", "/reports/ncf/gmf/demo.md", "/reports/none"):
        policy = client.get(path).headers["content-security-policy"]
        assert "sandbox" in policy and "allow-same-origin" not in policy and "default-src 'none'" in policy


@pytest.mark.parametrize(
    "path",
    [
        "",
        "ncf",
        "ncf/",
        "%2e%2e/secret",
        "..%2fsecret",
        "ncf/%2e%2e/%2e%2e/secret",
        "link",
        "%2fetc/passwd",
        "/etc/passwd",
        "none",
    ],
)
def test_folders_and_what_lies_outside_are_not(client, path):
    assert client.get(f"/reports/{path}").status_code == 404


def test_before_the_first_run_it_is_said_what_makes_the_report(tmp_path):
    app = Starlette(routes=[Mount("/reports", Reports(tmp_path / "none"))])
    answer = TestClient(app).get("/reports/report.html")
    assert answer.status_code == 404 and "recdag run" in answer.text
