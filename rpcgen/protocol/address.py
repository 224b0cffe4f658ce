"""Where a server is: ``tcp://host:port``, ``unix:///path.sock``.

An address names the transport and the place; nothing here opens it.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from attrs import frozen

from rpcgen.errors import DialError

__all__ = ["Address", "parse_address"]


@frozen
class Address:
    """A parsed address.

    ``network`` is ``tcp`` or ``unix``, as for Go's ``net.Dial``; ``host`` and
    ``port`` belong to ``tcp``, ``path`` to ``unix``.
    """

    network: str
    host: str = ""
    port: int = 0
    path: str = ""

    def __str__(self) -> str:
        if self.network == "unix":
            return f"unix://{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"tcp://{host}:{self.port}"


def parse_address(text: str) -> Address:
    """Parse ``host:port``, ``tcp://host:port`` or ``unix:///path.sock``.

    An empty host (``:1234``) means this machine. Raises `DialError` if the
    text is none of these.
    """
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "tcp", text
    if scheme == "unix":
        if not rest:
            raise DialError(f"{text!r} has no path: write unix:///run/my.sock")
        return Address("unix", path=rest)
    if scheme != "tcp":
        raise DialError(f"{text!r} is of no known kind: write tcp://host:port or unix:///path.sock")
    return _parse_tcp(text, rest)


def _parse_tcp(text: str, rest: str) -> Address:
    try:
        parts = urlsplit(f"//{rest}")
        port = parts.port
    except ValueError:
        raise _not_tcp(text) from None
    if port is None or parts.path or parts.query or parts.fragment or parts.username is not None:
        raise _not_tcp(text)
    return Address("tcp", host=parts.hostname or "", port=port)


def _not_tcp(text: str) -> DialError:
    return DialError(f"{text!r} is not host:port, such as localhost:1234 or [::1]:1234")
