"""Fixtures for tests of clients and servers made with rpcgen, which pytest finds by itself.

A module beside the package, since to import one inside of it imports the package:
pytest loads this in every run, also where nobody asks for these fixtures, and so it
imports nothing but pytest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import pytest

if TYPE_CHECKING:
    import ssl

    from rpcgen import Client, Server
    from rpcgen.protocol import CodecName
    from rpcgen.testing import FakeClock, FaultProxy
    from rpcgen.testing.faults import Schedule

__all__ = [
    "Connect",
    "MakeProxy",
    "Serve",
    "rpcgen_clock",
    "rpcgen_connect",
    "rpcgen_mutual_tls",
    "rpcgen_proxy",
    "rpcgen_serve",
]

C = TypeVar("C")
Impl = TypeVar("Impl")


class Connect(Protocol):
    """Type of the fixture `rpcgen_connect`."""

    def __call__(
        self,
        client: Callable[[Client], C],
        register: Callable[[Server, Impl], None],
        implementation: Impl,
        *,
        codec: CodecName = "gob",
        server: Server | None = None,
    ) -> C:
        """Return a client; see `rpcgen.testing.connected`."""
        ...


class Serve(Protocol):
    """Type of the fixture `rpcgen_serve`."""

    def __call__(
        self,
        register: Callable[[Server, Impl], None],
        implementation: Impl,
        *,
        address: str = "tcp://127.0.0.1:0",
        codec: CodecName = "gob",
        tls: ssl.SSLContext | None = None,
        server: Server | None = None,
    ) -> str:
        """Return the address of a server in this process."""
        ...


class MakeProxy(Protocol):
    """Type of the fixture `rpcgen_proxy`."""

    def __call__(
        self, target: str, seed: object = None, *, schedule: Schedule | None = None
    ) -> FaultProxy:
        """Return a proxy in front of an address; see `rpcgen.testing.FaultProxy`."""
        ...


@pytest.fixture
def rpcgen_connect() -> Iterator[Connect]:
    """Typed clients of implementations, without an address: `rpcgen.testing.connected`."""
    from rpcgen.testing import connected

    with ExitStack() as stack:

        def connect(*arguments: Any, **options: Any) -> Any:
            return stack.enter_context(connected(*arguments, **options))

        yield connect


@pytest.fixture
def rpcgen_serve() -> Iterator[Serve]:
    """Servers of implementations, which listen until the test is over; gives their addresses."""
    from rpcgen import Server

    with ExitStack() as stack:

        def serve(
            register: Callable[[Server, Impl], None],
            implementation: Impl,
            *,
            address: str = "tcp://127.0.0.1:0",
            codec: CodecName = "gob",
            tls: ssl.SSLContext | None = None,
            server: Server | None = None,
        ) -> str:
            served = server or Server()
            register(served, implementation)
            listener = served.listen(address, codec, tls=tls)
            stack.enter_context(served)
            return listener.address

        yield serve


@pytest.fixture
def rpcgen_proxy() -> Iterator[MakeProxy]:
    """Proxies that do to bytes what a schedule says: `rpcgen.testing.FaultProxy`."""
    from rpcgen.testing import FaultProxy

    with ExitStack() as stack:

        def make(
            target: str, seed: object = None, *, schedule: Schedule | None = None
        ) -> FaultProxy:
            return stack.enter_context(FaultProxy(target, seed, schedule=schedule))

        yield make


@pytest.fixture
def rpcgen_clock() -> Iterator[FakeClock]:
    """The clock of deadlines, which stands still until the test moves it."""
    from rpcgen.testing import FakeClock

    with FakeClock() as clock:
        yield clock


@pytest.fixture
def rpcgen_mutual_tls() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """TLS contexts of a server on 127.0.0.1 and of a client, which want each other's certificate.

    Needs trustme: ``pip install 'rpcgen[testing]'``.
    """
    from rpcgen.testing.certificates import mutual_contexts

    return mutual_contexts()
