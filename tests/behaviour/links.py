"""Every way in which two Pythons can speak: who is at which end, in which codec, over what."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from functools import cache
from itertools import count, product
from typing import TYPE_CHECKING, Unpack

from attrs import frozen

from rpcgen import DialOptions, Registry
from rpcgen.protocol import CodecName
from rpcgen.testing.certificates import client_context, server_context
from tests.support.apis import APIS, ApiClient, ApiServer, ServerOptions

from .life import register_life

if TYPE_CHECKING:
    import ssl

__all__ = ["LINKS", "TRANSPORTS", "Link", "listen_address"]

TRANSPORTS = ("tcp", "unix", "http", "http+unix", "tls", "https")
CODECS: tuple[CodecName, ...] = ("gob", "json")

_numbers = count()


@cache
def _server_context() -> ssl.SSLContext:
    return server_context()


@cache
def _client_context() -> ssl.SSLContext:
    return client_context()


def listen_address(transport: str) -> str:
    """Return an address of this transport where a server can listen."""
    if transport.endswith("unix"):
        return f"{transport}://{tempfile.gettempdir()}/rpcgen-{os.getpid()}-{next(_numbers)}.sock"
    return f"{transport}://127.0.0.1:0"


@frozen
class Link:
    """One of the ways; ``client`` and ``server`` name the APIs at its ends."""

    client: str
    server: str
    codec: CodecName
    transport: str

    def __str__(self) -> str:
        return f"{self.client}-{self.server}-{self.codec}-{self.transport}"

    @property
    def encrypted(self) -> bool:
        """Whether TLS is on it."""
        return self.transport in ("tls", "https")

    def serve(self, *registrations: Callable[[Registry], None]) -> AbstractContextManager[str]:
        """Serve at this link's end; yields the address."""
        return APIS[self.server].serve(
            listen_address(self.transport),
            *registrations,
            codec=self.codec,
            tls=_server_context() if self.encrypted else None,
        )

    def serving(
        self, *registrations: Callable[[Registry], None], server: ServerOptions | None = None
    ) -> AbstractContextManager[ApiServer]:
        """Serve at this link's end with a server that can be shut down."""
        return APIS[self.server].serving(
            listen_address(self.transport),
            *registrations,
            codec=self.codec,
            tls=_server_context() if self.encrypted else None,
            server=server,
        )

    def dial(
        self, address: str, **options: Unpack[DialOptions]
    ) -> AbstractContextManager[ApiClient]:
        """Connect to a server of this link."""
        options["codec"] = self.codec
        if self.encrypted:
            options["tls"] = _client_context()
        return APIS[self.client].dial(address, **options)


LINKS = [Link(*each) for each in product(sorted(APIS), sorted(APIS), CODECS, TRANSPORTS)]


class Servers:
    """Servers that are started when they are first asked for, and shared from then on."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._addresses: dict[tuple[str, CodecName, str], str] = {}

    def address(self, link: Link) -> str:
        """Return where the server of a link is."""
        key = link.server, link.codec, link.transport
        if key not in self._addresses:
            self._addresses[key] = self._stack.enter_context(link.serve(register_life))
        return self._addresses[key]
