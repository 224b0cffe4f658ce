"""What calls look like; the same for a client and for a channel."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import TypeAlias

import pytest

from generated.arith import ARITH_MULTIPLY, Args, register_arith
from rpcgen import aio
from rpcgen.aio import Channel, Client
from tests.support.services import Calculator

Connect: TypeAlias = Callable[[], AbstractAsyncContextManager[Client | Channel]]


@asynccontextmanager
async def connected(is_channel: bool) -> AsyncIterator[Client | Channel]:
    """A client of a server of ``Arith``."""
    server = aio.Server()
    register_arith(server, Calculator())
    listener = await server.listen("tcp://127.0.0.1:0")
    async with server, aio.dial(listener.address, reconnect=is_channel) as client:
        yield client


@pytest.fixture(params=["client", "channel"])
def connect(request: pytest.FixtureRequest) -> Connect:
    """Connects a client, or a channel."""
    return partial(connected, request.param == "channel")


async def test_method_may_be_given_by_its_name(connect: Connect) -> None:
    async with connect() as client:
        assert await client.call("Arith.Multiply", Args(7, 8), int) == 56
        assert await client.go("Arith.Multiply", Args(7, 8), reply=int) == 56


async def test_go_with_something_that_is_no_queue(connect: Connect) -> None:
    async with connect() as client:
        with pytest.raises(TypeError, match="rpc: done channel is unbuffered"):
            client.go(ARITH_MULTIPLY, Args(7, 8), object())  # type: ignore[call-overload]


async def test_unknown_option_is_a_type_error(connect: Connect) -> None:
    async with connect() as client:
        with pytest.raises(TypeError, match="unknown option 'timeuot' of a call"):
            await client.call(ARITH_MULTIPLY, Args(7, 8), timeuot=1.0)  # type: ignore[call-overload]


async def test_go_in_a_thread_without_a_loop(connect: Connect) -> None:
    async with connect() as client:
        with pytest.raises(RuntimeError, match="outside of any event loop"):
            await asyncio.to_thread(client.go, ARITH_MULTIPLY, Args(7, 8))


async def test_context_ends_though_it_was_closed_inside(connect: Connect) -> None:
    async with connect() as client:
        await client.close()
    assert client.closed
