"""What a call may have beyond Go's net/rpc, with stock Go at the other end: works, or is ignored."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from attrs import define

from generated.arith import ARITH_DIVIDE, ARITH_MULTIPLY, Args
from rpcgen import (
    CallCancelledError,
    Code,
    DeadlineExceededError,
    EncodeError,
    Method,
    Registry,
    RemoteError,
    RpcError,
    ServerError,
)
from rpcgen.protocol import CodecName
from rpcgen.services.health import HEALTH_CHECK
from tests.support.apis import Api, ApiClient, ApiServer, ServerOptions
from tests.support.life import Life
from tests.support.services import ARRIVED, FAIL, RELEASE, WAIT, Arrival
from tests.support.sockets import connect
from tests.support.timeouts import TIMEOUT_S

from .gopeer import Answer, GoClient, GoServer
from .wire import silent_server

# Gates stay open once they are, so every test has its own.
_numbers = itertools.count()

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

Served = Callable[..., Any]


@define
class NoSuchKeyError(RemoteError):
    """An exception that stock Go knows by its text."""

    key: str


LOOK_UP = Method[str, int]("Probe.Fail", raises=[(NoSuchKeyError, "kv: no such key: {key}")])


@pytest.fixture(params=["gob", "json"])
def codec(request: pytest.FixtureRequest) -> CodecName:
    """Each of the codecs that both sides speak."""
    found: CodecName = request.param
    return found


@pytest.fixture
def gate() -> str:
    return f"gate of life {next(_numbers)}"


@pytest.fixture
def go_address(codec: CodecName, go_server: GoServer) -> str:
    """Where a stock Go server is."""
    return go_server.tcp if codec == "gob" else go_server.json


@pytest.fixture
def client(api: Api, codec: CodecName, go_address: str) -> Iterator[ApiClient]:
    """A Python client of the stock Go server."""
    with api.dial(go_address, codec=codec) as client:
        yield client


@pytest.fixture
def is_async(request: pytest.FixtureRequest) -> bool:
    return bool(request.node.callspec.params["api"] == "asyncio")


@pytest.fixture
def life(is_async: bool) -> Life:
    return Life("asyncio" if is_async else "sync")


@pytest.fixture
def serving(api: Api, codec: CodecName, life: Life) -> Served:
    """Make a Python server, with options."""

    @contextmanager
    def serve(*registrations: Callable[[Registry], None], **options: Any) -> Iterator[ApiServer]:
        server: ServerOptions = options  # type: ignore[assignment]
        with api.serving(
            "tcp://127.0.0.1:0", life.register, *registrations, codec=codec, server=server
        ) as served:
            yield served

    return serve
