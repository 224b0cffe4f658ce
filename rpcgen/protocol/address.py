"""Addresses of servers: ``tcp://host:port``, ``unix:///path.sock``, ``https://host:port/path``.

An address names the transport and the place; nothing here opens it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rpcgen._records import ValueRecord
from rpcgen.errors import DialError

if TYPE_CHECKING:
    from urllib.parse import SplitResult

__all__ = ["DEFAULT_RPC_PATH", "Address", "http_address", "parse_address"]

DEFAULT_RPC_PATH = "/_goRPC_"
"""Path of net/rpc on an HTTP server. Mirrors ``rpc.DefaultRPCPath``."""

_KINDS = "tcp://, unix://, http://, http+unix://, tls:// or https://"


class Address(ValueRecord):
    """A parsed address.

    ``network`` is ``tcp`` or ``unix``, as for Go's ``net.Dial``; ``host`` and
    ``port`` belong to ``tcp``, ``path`` to ``unix``. ``http_path`` is where to
    CONNECT to, or empty where the connection is used as it is; ``tls`` says
    whether it is encrypted. ``name`` is the host as it was written, where
    ``host`` has become the address that a listener is bound to.
    """

    network: str
    host: str = ""
    port: int = 0
    path: str = ""
    http_path: str = ""
    tls: bool = False
    name: str = ""

    def __init__(
        self,
        network: str,
        host: str = "",
        port: int = 0,
        path: str = "",
        http_path: str = "",
        tls: bool = False,
        name: str | None = None,
    ) -> None:
        name = host if name is None else name
        super().__init__(network, host, port, path, http_path, tls, name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Address):
            return NotImplemented
        return self._place == other._place

    def __hash__(self) -> int:
        return hash(self._place)

    @property
    def _place(self) -> tuple[object, ...]:
        return self._values()[:-1]  # all but the name

    @property
    def known_as(self) -> str | None:
        """Host as it was written; None for a unix socket, which is found without a host."""
        return None if self.network == "unix" else self.name

    @property
    def unix_name(self) -> str:
        """Path as the system wants it; a leading @ stands for a zero byte, as in Go.

        That makes it an abstract name, which Linux knows and which is no file.
        """
        if self.path.startswith("@") and sys.platform == "linux":
            return "\0" + self.path[1:]
        return self.path

    def __str__(self) -> str:
        if self.network == "unix":
            return f"{'http+unix' if self.http_path else 'unix'}://{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        path = "" if self.http_path == DEFAULT_RPC_PATH else self.http_path
        return f"{self._scheme}://{host}:{self.port}{path}"

    @property
    def _scheme(self) -> str:
        if self.http_path:
            return "https" if self.tls else "http"
        return "tls" if self.tls else "tcp"


def parse_address(text: str) -> Address:
    """Parse ``host:port`` or an address with one of the schemes of `Address`.

    An empty host (``:1234``) means this machine. Raises `DialError` if the
    text is none of these.
    """
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "tcp", text
    if scheme in ("unix", "http+unix"):
        if not rest:
            raise DialError(f"{text!r} has no path: write {scheme}:///run/my.sock")
        if "\0" in rest:
            raise DialError(f"{text!r} has a zero byte: write @ for that of an abstract socket")
        return Address("unix", path=rest, http_path=DEFAULT_RPC_PATH if scheme != "unix" else "")
    if scheme not in ("tcp", "tls", "http", "https"):
        raise DialError(f"{text!r} is of no known kind: write host:port, {_KINDS}")
    http, tls = scheme in ("http", "https"), scheme in ("tls", "https")
    host, _, port = rest.rpartition(":")
    if not http and _is_simple(host, port):
        return Address("tcp", host, int(port), tls=tls)
    parts = _split(text, rest)
    if parts.path and not http:
        raise _no_host_and_port(text)
    return Address(
        "tcp",
        host=parts.hostname or "",
        port=parts.port or 0,
        http_path=(parts.path or DEFAULT_RPC_PATH) if http else "",
        tls=tls,
    )


def http_address(text: str, path: str) -> Address:
    """Parse an address and go over HTTP there, to ``path``; ``tls://`` becomes ``https://``.

    Raises `DialError`; see `parse_address`.
    """
    return parse_address(text).replace(http_path=path)


def _is_simple(host: str, port: str) -> bool:
    """Return True for what nearly everybody writes, which needs no module that knows URLs."""
    letters = host.replace(".", "").replace("-", "") or "x"
    is_plain = letters.isalnum() and letters == letters.lower() and f"{letters}{port}".isascii()
    return is_plain and port.isdecimal() and int(port) < 65536


def _split(text: str, rest: str) -> SplitResult:
    from urllib.parse import urlsplit  # lazy: a generated module does without

    try:
        parts = urlsplit(f"//{rest}")
        port = parts.port
    except ValueError:
        raise _no_host_and_port(text) from None
    if port is None or parts.query or parts.fragment or parts.username is not None:
        raise _no_host_and_port(text)
    return parts


def _no_host_and_port(text: str) -> DialError:
    return DialError(f"{text!r} is not host:port, such as localhost:1234 or [::1]:1234")
