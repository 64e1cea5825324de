"""Downloads that can be interrupted and never leave half a file under its name."""

from __future__ import annotations

import hashlib
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from recdag.datasets.addresses import open_public
from recdag.datasets.entry import Download
from recdag.errors import DataError

Progress = Callable[[int, int | None], None]

ATTEMPTS = 5
TIMEOUT = 60.0
_BLOCK = 1 << 18
_BROKEN = (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError)


def download(
    what: Download, target: Path, on_progress: Progress | None = None, *, pause: float = 1.0
) -> None:
    """Fetch one address into `target`.

    The part that has come lies in `target`.part; a later call asks the server for the rest, unless
    the file has changed there since.

    Args:
        what: address and checksum.
        target: final name.
        on_progress: called with (bytes so far, bytes in all or None).
        pause: seconds before the second attempt; doubled for each further one.

    Raises:
        DataError: there is no connection, it broke too often, the server has trouble or refuses, the
            address is not a public one, or
            the checksum is wrong.
    """
    part = target.with_name(target.name + ".part")
    for attempt in range(ATTEMPTS):
        try:
            _receive(what.url, part, on_progress)
            break
        except urllib.error.HTTPError as error:
            if error.code < 500 or attempt == ATTEMPTS - 1:
                raise DataError(
                    f"The server answers {error.code} {error.reason}",
                    where=what.url,
                    cure="Try again later, or place the files by hand in a folder of RECDAG_DATA_DIR.",
                ) from error
        except _BROKEN as error:
            if attempt == ATTEMPTS - 1:
                raise DataError(
                    f"The download broke off ({getattr(error, 'reason', None) or error})",
                    where=what.url,
                    cure="Check the connection and start again; what has come is kept.",
                ) from error
        time.sleep(pause * 2**attempt)
    _verify(what, part)
    _mark(part).unlink(missing_ok=True)
    part.replace(target)


def _mark(part: Path) -> Path:
    """The file that remembers which edition of the remote file `part` is the beginning of."""
    return part.with_name(part.name + ".edition")


def _receive(url: str, part: Path, on_progress: Progress | None) -> None:
    request = urllib.request.Request(url, headers={"User-Agent": "recdag", "Accept-Encoding": "identity"})
    have = part.stat().st_size if part.exists() and _mark(part).exists() else 0
    if have:
        request.add_header("Range", f"bytes={have}-")
        request.add_header("If-Range", _mark(part).read_text(encoding="utf-8"))
    try:
        response = open_public(request, TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code == 416 and error.headers.get("Content-Range") == f"bytes */{have}":
            return
        if error.code == 416:
            part.unlink()
            _receive(url, part, on_progress)
            return
        raise
    with response:
        if response.status != 206:
            have = 0
            edition = response.headers.get("ETag") or response.headers.get("Last-Modified")
            _mark(part).unlink(missing_ok=True)
            if edition and not edition.startswith("W/"):
                _mark(part).write_text(edition, encoding="utf-8")
        length = response.headers.get("Content-Length")
        total = have + int(length) if length is not None else None
        with part.open("ab" if have else "wb") as file:
            while block := response.read(_BLOCK):
                file.write(block)
                have += len(block)
                if on_progress:
                    on_progress(have, total)
    if total is not None and have < total:
        raise ConnectionError(f"{have:,} of {total:,} bytes came")


def _verify(what: Download, part: Path) -> None:
    for kind, expected in (("sha256", what.sha256), ("md5", what.md5)):
        if expected is None:
            continue
        with part.open("rb") as file:
            actual = hashlib.file_digest(file, kind).hexdigest()
        if actual != expected:
            part.unlink()
            _mark(part).unlink(missing_ok=True)
            raise DataError(
                f"The {kind} checksum is {actual}, expected {expected}",
                where=what.url,
                cure="Start again; if it stays so, the file has changed at its source: compare it with "
                "the catalogue entry.",
            )
