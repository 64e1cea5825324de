"""The folder of the report, as pages that can do nothing to the UI beside which they are served."""

from __future__ import annotations

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_POLICY = (
    "sandbox allow-scripts allow-popups allow-popups-to-escape-sandbox allow-downloads; default-src 'none'; "
    "style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: 'self'"
)
"""The pages are made of data that people bring. A sandbox has an origin of its own, which the UI refuses."""

_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
}


class Reports(StaticFiles):
    """The files below a folder; no lists of folders, nothing above it, no links that lead out of it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(directory=folder)

    async def get_response(self, path: str, scope: Scope) -> Response:
        try:
            response = await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != 404:
                raise
            response = PlainTextResponse("There is no such page. `recdag run` makes the report.\n", 404)
        if path.endswith(".md"):
            response.headers["Content-Type"] = "text/plain; charset=utf-8"
        response.headers.update(_HEADERS)
        return response
