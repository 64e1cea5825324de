"""Pages over HTTP on this machine."""

import urllib.error
import urllib.request

import pytest

from recdag.report.serving import serving


def test_a_folder_is_served_while_it_is_open_and_nothing_above_it(tmp_path):
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "report.html").write_text("<h1>Results</h1>")
    (tmp_path / "secret").write_text("no")
    with serving(folder) as address:
        assert address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(f"{address}/report.html") as answer:
            assert answer.read() == b"<h1>Results</h1>"
            assert answer.headers.get_content_type() == "text/html"
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"{address}/../secret")
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{address}/report.html")
