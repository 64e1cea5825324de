from __future__ import annotations

import hashlib
import io
import socket
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from recdag.datasets import addresses
from recdag.datasets import download as module
from recdag.datasets.download import download
from recdag.datasets.entry import Dataset, Download
from recdag.datasets.file_search import ensure_files, fetch
from recdag.errors import DataError

CONTENT = bytes(range(256)) * 4000


class Server(ThreadingHTTPServer):
    """Serves `content` with Range support; breaks off after `breaks[n]` bytes in the n-th answer."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.etag, self.status = CONTENT, '"one"', 200
        self.breaks: list[int] = []
        self.leads_to: str | None = None
        self.tells_length = True
        self.ranges: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/x.bin"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        server, wanted = self.server, self.headers.get("Range")
        server.ranges.append(wanted)
        if server.status != 200:
            self.send_error(server.status)
            return
        if server.leads_to is not None:
            self.send_response(302)
            self.send_header("Location", server.leads_to)
            self.end_headers()
            return
        start = 0
        if wanted and self.headers.get("If-Range") == server.etag:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(server.content):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(server.content)}")
                self.end_headers()
                return
        body = server.content[start:]
        self.send_response(206 if start else 200)
        if server.tells_length:
            self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", server.etag)
        self.end_headers()
        self.wfile.write(body[: server.breaks.pop(0)] if server.breaks else body)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.time, "sleep", lambda seconds: None)


@pytest.fixture(autouse=True)
def loopback_is_far(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server of these tests passes for one of the internet; other addresses inside do not."""
    real = addresses.is_public
    monkeypatch.setattr(addresses, "is_public", lambda address: str(address) == "127.0.0.1" or real(address))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_whole_file_with_progress(server: Server, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    what = Download(url=server.url, sha256=hashlib.sha256(CONTENT).hexdigest())
    download(what, tmp_path / "x.bin", lambda done, total: seen.append((done, total)))
    assert (tmp_path / "x.bin").read_bytes() == CONTENT
    assert names(tmp_path) == ["x.bin"]
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert seen == sorted(seen)


def test_interrupted_download_goes_on_where_it_stopped(server: Server, tmp_path: Path) -> None:
    server.breaks = [300_000, 200_000]
    download(Download(url=server.url), tmp_path / "x.bin")
    assert (tmp_path / "x.bin").read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=300000-", "bytes=500000-"]


def test_a_later_call_resumes(server: Server, tmp_path: Path) -> None:
    server.breaks = [100_000] + [0] * (module.ATTEMPTS - 1)
    with pytest.raises(DataError, match=r"broke off.*what has come is kept"):
        download(Download(url=server.url), tmp_path / "x.bin")
    assert not (tmp_path / "x.bin").exists()
    server.ranges.clear()
    download(Download(url=server.url), tmp_path / "x.bin")
    assert server.ranges == ["bytes=100000-"]
    assert (tmp_path / "x.bin").read_bytes() == CONTENT


def test_a_file_that_changed_meanwhile_starts_anew(server: Server, tmp_path: Path) -> None:
    server.breaks = [100_000] + [0] * (module.ATTEMPTS - 1)
    with pytest.raises(DataError):
        download(Download(url=server.url), tmp_path / "x.bin")
    server.content, server.etag = b"new" * 50_000, '"two"'
    download(Download(url=server.url), tmp_path / "x.bin")
    assert (tmp_path / "x.bin").read_bytes() == server.content


def test_everything_had_come_already(server: Server, tmp_path: Path) -> None:
    (tmp_path / "x.bin.part").write_bytes(CONTENT)
    (tmp_path / "x.bin.part.edition").write_text(server.etag)
    download(Download(url=server.url), tmp_path / "x.bin")
    assert names(tmp_path) == ["x.bin"]


@pytest.mark.parametrize("kind", ["sha256", "md5"])
def test_wrong_checksum(server: Server, tmp_path: Path, kind: str) -> None:
    wrong = hashlib.new(kind, b"other").hexdigest()
    with pytest.raises(DataError, match=f"{kind} checksum is .* expected {wrong}"):
        download(Download(url=server.url, **{kind: wrong}), tmp_path / "x.bin")
    assert names(tmp_path) == []


def test_refused_by_the_server(server: Server, tmp_path: Path) -> None:
    server.status = 404
    with pytest.raises(DataError, match="404"):
        download(Download(url=server.url), tmp_path / "x.bin")
    assert len(server.ranges) == 1
    server.status = 503
    with pytest.raises(DataError, match="503"):
        download(Download(url=server.url), tmp_path / "x.bin")
    assert len(server.ranges) == 1 + module.ATTEMPTS


def test_nobody_there(server: Server, tmp_path: Path) -> None:
    server.server_close()
    with pytest.raises(DataError, match="broke off"):
        download(Download(url=server.url), tmp_path / "x.bin")


@pytest.mark.parametrize(
    "place",
    ["http://169.254.169.254/latest", "http://[::1]:80/", "ftp://files.example.org/x", "http://localhost/"],
)
def test_a_redirect_to_what_is_inside_is_refused(server: Server, tmp_path: Path, place: str) -> None:
    server.leads_to = place
    with pytest.raises(DataError, match=r"The server points elsewhere: .*Place the files by hand"):
        download(Download(url=server.url), tmp_path / "x.bin")
    assert names(tmp_path) == []


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "inside.example.org"])
def test_a_name_for_an_address_inside_is_refused(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    what = Download(url=server.url.replace("127.0.0.1", host))
    monkeypatch.setattr(addresses, "is_public", lambda address: False)
    here = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.server_port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: here)
    with pytest.raises(DataError, match=r"stands for 127\.0\.0\.1, inside this machine"):
        download(what, tmp_path / "x.bin")
    assert server.ranges == []


def zipped(**members: str) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as file:
        for name, text in members.items():
            file.writestr(name, text)
    return memory.getvalue()


def of_server(server: Server, make_dataset: Callable[..., Dataset], **fields: object) -> Dataset:
    return make_dataset(
        columns={"user": "u", "item": "i"}, download={"url": server.url, "archive": True, **fields}
    )


def test_fetch_unpacks_once(server: Server, tmp_path: Path, make_dataset: Callable[..., Dataset]) -> None:
    server.content = zipped(**{"ratings.csv": "u,i\n1,2\n"})
    dataset = of_server(server, make_dataset)
    found = fetch(dataset, tmp_path)
    assert found.paths["events"].read_text() == "u,i\n1,2\n"
    assert names(tmp_path / "toy") == ["ratings.csv"]
    assert fetch(dataset, tmp_path) == found
    assert len(server.ranges) == 1


@pytest.mark.parametrize("known", [True, False])
def test_progress_is_told_on_the_way_to_the_files(
    server: Server, tmp_path: Path, make_dataset: Callable[..., Dataset], known: bool
) -> None:
    server.content = zipped(**{"ratings.csv": "u,i\n" + "1,2\n" * 400_000})
    server.tells_length = known
    server.breaks = [300_000] if known else []
    seen: list[tuple[int, int | None]] = []
    ensure_files(of_server(server, make_dataset), tmp_path, lambda done, total: seen.append((done, total)))
    size = len(server.content)
    assert seen[-1] == (size, size if known else None)
    assert seen == sorted(seen, key=lambda each: each[0]) and len(seen) > 3
    before = len(seen)
    ensure_files(of_server(server, make_dataset), tmp_path, lambda done, total: seen.append((done, total)))
    assert len(seen) == before


def test_fetch_of_a_broken_archive_leaves_nothing(
    server: Server, tmp_path: Path, make_dataset: Callable[..., Dataset]
) -> None:
    server.content = zipped(**{"ratings.csv": "u,i\n1,2\n"})[:-30]
    with pytest.raises(DataError, match="damaged"):
        fetch(of_server(server, make_dataset), tmp_path)
    assert names(tmp_path / "toy") == []


def test_fetch_of_an_archive_that_leaves_its_folder(
    server: Server, tmp_path: Path, make_dataset: Callable[..., Dataset]
) -> None:
    server.content = zipped(**{"ratings.csv": "u,i\n1,2\n", "../../evil": "x"})
    with pytest.raises(DataError, match="leaves its folder"):
        fetch(of_server(server, make_dataset), tmp_path)
    assert names(tmp_path / "toy") == []


def test_fetch_without_the_expected_files(
    server: Server, tmp_path: Path, make_dataset: Callable[..., Dataset]
) -> None:
    server.content = zipped(other="x")
    with pytest.raises(DataError, match="does not hold the files"):
        fetch(of_server(server, make_dataset), tmp_path)


def test_two_fetches_at_once_share_one_download(
    server: Server, tmp_path: Path, make_dataset: Callable[..., Dataset]
) -> None:
    server.content = zipped(**{"ratings.csv": "u,i\n1,2\n"})
    dataset = of_server(server, make_dataset)
    threads = [threading.Thread(target=fetch, args=(dataset, tmp_path)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.ranges) == 1
