"""The debug page of a server, Go's own or ours: services, methods, their Go types, counts."""

from __future__ import annotations

import html
import http.client
import json
import re
import socket
import ssl
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import frozen

from ...errors import DialError
from ...protocol.address import Address, parse_address
from ...protocol.routes import DEFAULT_DEBUG_PATH

__all__ = ["PageMethod", "PageService", "fetch_page", "parse_page"]

# Maximum sizes of a page in bytes, and of the signature of a method in characters.
_MAX_SIZE: Final = 16 << 20
_MAX_SIGNATURE: Final = 10_000
_SERVICE: Final = re.compile(r"<hr>\s*Service ([^<]*)<hr>")
_ROW: Final = re.compile(
    r"<td align=left font=fixed>(?P<signature>[^<]*)</td>\s*<td align=center>(?P<calls>\d+)</td>"
)
# The reply is a pointer, and the last parameter.
_SIGNATURE: Final = re.compile(r"(?:func )?(\w+)\((.*), \*?(.*)\) error", re.S)


@frozen
class PageMethod:
    """A method on the page.

    Attributes:
        name: Name on the wire, without the service's.
        request: Go's spelling of the type of the arguments, such as ``main.Args``.
        response: Go's spelling of the type of the reply.
        calls: Number of calls so far.
        errors: Number of those that ended with an error; None where the page does not say.
        doc: Docstring; Go's page has none.
    """

    name: str
    request: str
    response: str
    calls: int
    errors: int | None = None
    doc: str = ""


@frozen
class PageService:
    """A service on the page, and its methods by name."""

    name: str
    methods: tuple[PageMethod, ...]
    doc: str = ""

    def method(self, name: str) -> PageMethod | None:
        """Return the method of a name, None if there is none."""
        return next((each for each in self.methods if each.name == name), None)


def fetch_page(
    address: str, *, timeout: float | None = None, tls: ssl.SSLContext | None = None
) -> list[PageService]:
    """Ask a server for its debug page.

    Args:
        address: Address of an HTTP server, ``http://host:port``, ``https://host:port`` or
            ``http+unix:///path.sock``; with the path of the page, if it is not Go's default.
        timeout: Maximum time in seconds for each step; None: no limit.
        tls: Context for ``https://``.

    Returns:
        The services, by name.

    Raises:
        DialError: There is no server, or no such page.
    """
    place = parse_address(address)
    path = urlsplit(address).path if place.network == "tcp" else ""
    connection = _Connection(place, timeout, tls)
    try:
        connection.request("GET", f"{path or DEFAULT_DEBUG_PATH}?format=json")
        response = connection.getresponse()
        body = response.read(_MAX_SIZE)
    except (OSError, http.client.HTTPException) as error:
        raise DialError(f"cannot read the debug page of {address}: {error}") from error
    finally:
        connection.close()
    if response.status != 200:
        raise DialError(f"{address} has no debug page: {response.status} {response.reason}")
    return parse_page(body.decode(errors="replace"))


class _Connection(http.client.HTTPConnection):
    """An HTTP connection to any address that a server may have."""

    def __init__(self, place: Address, timeout: float | None, tls: ssl.SSLContext | None) -> None:
        super().__init__(place.host or "localhost", place.port or 80, timeout=timeout)
        self._place = place
        self._tls = tls

    def connect(self) -> None:
        if self._place.network == "unix":
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(self.timeout)
            self.sock.connect(self._place.unix_name)
            return
        super().connect()
        if self._place.tls:
            context = self._tls or ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host)


def parse_page(text: str) -> list[PageService]:
    """Return the services on a page.

    Args:
        text: Go's HTML, or the JSON of a server of this package.

    Raises:
        DialError: It is neither.
    """
    if text.lstrip().startswith("{"):
        try:
            return [_of_data(each) for each in json.loads(text)["services"]]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DialError(f"the debug page cannot be read: {error!r}") from error
    if "<title>Services</title>" not in text:
        raise DialError("the debug page is not that of net/rpc")
    # Text before the first service, and then by turns a name and what follows it.
    _, *parts = _SERVICE.split(text)
    return [
        PageService(html.unescape(name.strip()), tuple(_rows(rows)))
        for name, rows in zip(parts[::2], parts[1::2], strict=True)
    ]


def _rows(text: str) -> Iterator[PageMethod]:
    for row in _ROW.finditer(text):
        found = _signature(html.unescape(row["signature"]))
        if found is not None:
            yield PageMethod(*found, int(row["calls"]))


def _signature(text: str) -> tuple[str, str, str] | None:
    """Return the name of a method, and the types of its arguments and reply."""
    found = _SIGNATURE.fullmatch(text) if len(text) <= _MAX_SIGNATURE else None
    return None if found is None else (found[1], found[2], found[3])


def _of_data(data: dict[str, Any]) -> PageService:
    methods = []
    for each in data["methods"]:
        found = _signature(each["signature"])
        if found is not None:
            counts = int(each["calls"]), int(each["errors"])
            methods.append(PageMethod(*found, *counts, str(each["doc"])))
    return PageService(str(data["name"]), tuple(methods), str(data["doc"]))
