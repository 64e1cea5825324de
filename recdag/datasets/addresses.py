"""Which addresses may be asked for files: public ones by HTTP, whoever wrote the catalogue entry.

An entry from elsewhere, or a server that redirects, is not to reach what only this machine or its network
can: a service on the loopback, a router, the metadata of a cloud.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from recdag.errors import DataError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_public(address: Address) -> bool:
    """Whether an address is one of the internet."""
    inner = getattr(address, "ipv4_mapped", None)
    return is_public(inner) if inner else address.is_global and not address.is_multicast


def refuse_private(url: str) -> str:
    """The address itself, where its scheme and host may be asked.

    Raises:
        ValueError: they may not; a name is looked up only when it is connected to.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError(f"{url[:200]!r} is no address of http or https")
    literal = _literal(host)
    if host == "localhost" or host.endswith(".localhost") or (literal and not is_public(literal)):
        raise ValueError(f"{url[:200]!r} is an address inside this machine or its network")
    return url


def open_public(request: urllib.request.Request, timeout: float) -> Any:
    """Like `urllib.request.urlopen`, for public addresses alone, wherever the server redirects to.

    Behind a proxy the proxy decides what a name stands for.

    Raises:
        DataError: another address.
    """
    return urllib.request.build_opener(_Http, _Https, _Redirects).open(request, timeout=timeout)


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _refused(where: str, reason: str) -> DataError:
    return DataError(reason, where=where, cure="Place the files by hand in a folder of RECDAG_DATA_DIR.")


def _check_peer(host: str, connected: socket.socket) -> None:
    peer = connected.getpeername()[0]
    if not is_public(ipaddress.ip_address(peer.split("%")[0])):
        connected.close()
        raise _refused(host, f"The name stands for {peer}, inside this machine or its network")


class _HttpConnection(http.client.HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _check_peer(self.host, self.sock)


class _HttpsConnection(http.client.HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        _check_peer(self.host, self.sock)


def _by_proxy(request: urllib.request.Request) -> bool:
    return request.has_proxy() or bool(getattr(request, "_tunnel_host", None))


class _Http(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(http.client.HTTPConnection if _by_proxy(req) else _HttpConnection, req)


class _Https(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        connection = http.client.HTTPSConnection if _by_proxy(req) else _HttpsConnection
        return self.do_open(connection, req, context=ssl.create_default_context())


class _Redirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        try:
            refuse_private(newurl)
        except ValueError as error:
            raise _refused(req.full_url, f"The server points elsewhere: {error}") from error
        return super().redirect_request(req, fp, code, msg, headers, newurl)
