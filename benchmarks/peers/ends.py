"""Functions that a module of a peer offers.

``serve(ready)`` opens a server on a free port of 127.0.0.1, calls ``ready``
with its ``host:port`` and serves until the process is ended.
``connect(address)`` returns a client. On asyncio both are ``async def``, and
so are the methods of the client.

A client has what its peer can do: `multiply`, and perhaps `order`, `blob`,
`go`, `numbers` or `close`; `benchmarks.catalogue` says which of them it is
asked for. Those of rpcgen have `timeout` and `metadata`, too, which are
`multiply` by two more connections of the same process, whose calls have a
time limit or metadata.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

__all__ = ["AsyncClient", "Client", "Future", "Ready", "split"]

Ready = Callable[[str], None]


class Future(Protocol):
    """A call that is under way."""

    def result(self) -> object:
        """Wait for the reply and return it."""


class Client(Protocol):
    """A client with blocking calls."""

    def multiply(self, a: int, b: int) -> int:
        """Return the product, which the server has computed."""
        ...

    def order(self) -> float:
        """Build the nested message, send it, and return the sum over the reply's fields."""
        ...

    def blob(self, data: bytes) -> bytes:
        """Return ``data`` as the server has sent it back."""
        ...

    def go(self, a: int, b: int) -> Future:
        """Start `multiply` and do not wait."""
        ...

    def numbers(self, numbers: list[int]) -> list[int]:
        """Return ``numbers`` as the server has sent them back."""
        ...

    def timeout(self, a: int, b: int) -> int:
        """Do as `multiply` does, by a client whose calls have a time limit."""
        ...

    def metadata(self, a: int, b: int) -> int:
        """Do as `multiply` does, by a client whose calls have metadata."""
        ...

    def close(self) -> None:
        """Hang up."""


class AsyncClient(Protocol):
    """A client on asyncio, whose calls may overlap."""

    def multiply(self, a: int, b: int) -> Awaitable[int]:
        """Return the product, which the server has computed."""
        ...

    def order(self) -> Awaitable[float]:
        """Build the nested message, send it, and return the sum over the reply's fields."""
        ...

    def blob(self, data: bytes) -> Awaitable[bytes]:
        """Return ``data`` as the server has sent it back."""
        ...

    def numbers(self, numbers: list[int]) -> Awaitable[list[int]]:
        """Return ``numbers`` as the server has sent them back."""
        ...

    async def connect_with_options(self) -> None:
        """Connect what `timeout` and `metadata` call by, unless that was done before."""
        ...

    def timeout(self, a: int, b: int) -> Awaitable[int]:
        """Do as `multiply` does, by a client whose calls have a time limit."""
        ...

    def metadata(self, a: int, b: int) -> Awaitable[int]:
        """Do as `multiply` does, by a client whose calls have metadata."""
        ...


def split(address: str) -> tuple[str, int]:
    """Return the host and the port of ``host:port``."""
    host, _, port = address.rpartition(":")
    return host, int(port)
