"""What a client does with calls beyond making them, over every link: chains, pings, drains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import rpcgen
from generated.arith import ARITH_MULTIPLY, Args
from rpcgen import DeadlineExceededError, Method, Registry
from rpcgen.protocol.interceptors import ClientCall
from tests.support.apis import ApiClient
from tests.support.errors import error_of
from tests.support.services import WAIT
from tests.support.timeouts import TIMEOUT_S

from .life import DESCRIBE, Known, register_life
from .links import LINKS, Link

# What happens in time, or is of no transport.
OVER_TCP = pytest.mark.parametrize(
    "link", [each for each in LINKS if each.transport == "tcp"], ids=str
)

ASK = Method[str, Known]("Nested.Ask")


def identify(call: ClientCall[Any, Any], proceed: Callable[[ClientCall[Any, Any]], Any]) -> Any:
    """Send a name with each call: what ``proceed`` gives is awaited on asyncio."""
    call.metadata["user"] = "gopher"
    return proceed(call)


async def identify_async(
    call: ClientCall[Any, Any], proceed: Callable[[ClientCall[Any, Any]], Any]
) -> Any:
    """Do the same on asyncio."""
    return await identify(call, proceed)


def interceptors(link: Link) -> Any:
    return [identify if link.client == "sync" else identify_async]


def test_interceptor_of_a_call(link: Link, address: str) -> None:
    with link.dial(address, interceptors=interceptors(link)) as client:
        assert client.call(DESCRIBE, "").metadata == {"user": "gopher"}


def test_interceptor_of_go(link: Link, address: str) -> None:
    with link.dial(address, interceptors=interceptors(link)) as client:
        call = client.go(DESCRIBE, "", metadata={"tenant": "a"})
        assert call.result().metadata == {"tenant": "a", "user": "gopher"}


def test_deadline_behind_an_interceptor(link: Link, address: str, gate: str) -> None:
    with link.dial(address, interceptors=interceptors(link)) as client:
        error = error_of(lambda: client.call(WAIT, gate, timeout=0.05))
        assert isinstance(error, DeadlineExceededError)


def test_large_metadata_of_the_client(link: Link, address: str) -> None:
    token = {"authorization": "x" * 2000}
    with link.dial(address, metadata=token) as client:
        assert client.call(DESCRIBE, "").metadata == token


@OVER_TCP
def test_keepalive_leaves_a_living_server_alone(link: Link, address: str, gate: str) -> None:
    with link.dial(address, keepalive=0.2) as client:
        error_of(lambda: client.call(WAIT, gate, timeout=0.5))
        assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56


# The inner call is one of the API with threads, on whatever server its handler runs.
@pytest.fixture
def nested(link: Link, address: str) -> Any:
    """A server whose method asks the shared one what it knows of a call."""
    with rpcgen.dial(address, codec=link.codec) as inner:

        def register(server: Registry) -> None:
            server.register_name("Nested", [ASK.handler(lambda text: inner.call(DESCRIBE, text))])

        with link.serve(register, register_life) as outer, link.dial(outer) as client:
            yield client


@OVER_TCP
def test_deadline_is_inherited_by_nested_calls(nested: ApiClient) -> None:
    assert 0 < nested.call(ASK, "", timeout=TIMEOUT_S).remaining <= TIMEOUT_S


@OVER_TCP
def test_no_deadline_is_inherited_where_there_is_none(nested: ApiClient) -> None:
    assert nested.call(ASK, "").remaining == -1.0


@OVER_TCP
def test_trace_is_inherited_by_nested_calls_and_nothing_else(nested: ApiClient) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    known = nested.call(ASK, "", metadata={"traceparent": trace, "tenant": "a"})
    assert known.metadata == {"traceparent": trace}
