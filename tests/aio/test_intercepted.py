"""Interceptors of the client on asyncio."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest

from rpcgen.errors import (
    CallCancelledError,
    DeadlineExceededError,
    RpcError,
    ServerError,
    ShutdownError,
)
from rpcgen.protocol import Response
from rpcgen.protocol.headers import ExtendedResponse
from rpcgen.protocol.interceptors import AsyncClientInterceptor, ClientCall
from tests.protocol.messages import SUM, Pair
from tests.support.scripted_aio import connected

Req = TypeVar("Req")
Res = TypeVar("Res")


class Log:
    """An interceptor that notes calls and their outcomes."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    async def __call__(
        self,
        call: ClientCall[Req, Res],
        proceed: Callable[[ClientCall[Req, Res]], Awaitable[Res]],
        /,
    ) -> Res:
        self.lines.append(call.method.name)
        try:
            reply = await proceed(call)
        except RpcError as error:
            self.lines.append(f"{type(error).__name__} {dict(call.reply_metadata)}")
            raise
        self.lines.append(f"{reply} {dict(call.reply_metadata)}")
        return reply


async def identify(
    call: ClientCall[Req, Res], proceed: Callable[[ClientCall[Req, Res]], Awaitable[Res]], /
) -> Res:
    """Send a name with each call."""
    call.metadata["user"] = "gopher"
    return await proceed(call)


async def fail(
    call: ClientCall[Req, Res], proceed: Callable[[ClientCall[Req, Res]], Awaitable[Res]], /
) -> Res:
    """Raise an exception of its own."""
    raise LookupError("no luck")


async def answer(
    call: ClientCall[Req, Any], proceed: Callable[[ClientCall[Req, Any]], Awaitable[Any]], /
) -> Any:
    """Answer without the server."""
    return 42


async def test_call_goes_through_the_interceptor() -> None:
    log = Log()
    async with connected(interceptors=[log]) as (client, server):
        server.respond(ExtendedResponse("Math.Sum", 0, metadata={"took": "1"}), 3)
        assert await client.call(SUM, Pair(1, 2)) == 3
        assert log.lines == ["Math.Sum", "3 {'took': '1'}"]


async def test_interceptor_sees_the_error() -> None:
    log = Log()
    async with connected(interceptors=[log]) as (client, server):
        server.respond(ExtendedResponse("Math.Sum", 0, "no", 5, metadata={"took": "1"}))
        with pytest.raises(ServerError, match="no"):
            await client.call(SUM, Pair(1, 2))
        assert log.lines[1] == "ServerError {'took': '1'}"


async def test_first_interceptor_is_outermost() -> None:
    log = Log()
    both: list[AsyncClientInterceptor] = [log, answer]
    async with connected(interceptors=both) as (client, _):
        assert await client.call(SUM, Pair(1, 2)) == 42
        assert log.lines == ["Math.Sum", "42 {}"]


async def test_exception_of_an_interceptor_comes_out_of_a_call() -> None:
    async with connected(interceptors=[fail]) as (client, _):
        with pytest.raises(LookupError, match="no luck"):
            await client.call(SUM, Pair(1, 2))


async def test_go_goes_through_the_interceptor() -> None:
    async with connected(interceptors=[identify]) as (client, server):
        call = client.go(SUM, Pair(1, 2), metadata={"tenant": "a"})
        header: Any = await server.receive()
        server.respond(ExtendedResponse("Math.Sum", 0, metadata={"took": "1"}), 3)
        assert await call == 3
        assert (header.metadata, call.metadata) == (
            {"tenant": "a", "user": "gopher"},
            {"took": "1"},
        )


async def test_go_in_a_handler_that_interrupts_the_sleep_of_the_loop_is_carried_out() -> None:
    async with connected(interceptors=[answer]) as (client, _):
        done: asyncio.Queue[Any] = asyncio.Queue()
        before = signal.signal(signal.SIGALRM, lambda *_: client.go(SUM, Pair(1, 2), done))
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            assert await (await done.get()) == 42  # nothing else is to come
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)


async def test_go_tells_its_queue() -> None:
    async with connected(interceptors=[answer]) as (client, _):
        done: asyncio.Queue[Any] = asyncio.Queue()
        call = client.go(SUM, Pair(1, 2), done)
        assert await done.get() is call


async def test_go_has_the_error() -> None:
    async with connected(interceptors=[identify]) as (client, server):
        call = client.go(SUM, Pair(1, 2))
        server.respond(Response("Math.Sum", (await server.receive()).seq, "no"))
        with pytest.raises(ServerError, match="no"):
            await call


async def test_exception_of_an_interceptor_of_go_is_an_rpc_error() -> None:
    async with connected(interceptors=[fail]) as (client, _):
        with pytest.raises(RpcError, match=r"interceptor has failed: LookupError\('no luck'\)"):
            await client.go(SUM, Pair(1, 2))


async def test_cancel_of_go_tells_the_server() -> None:
    async with connected(interceptors=[identify]) as (client, server):
        call = client.go(SUM, Pair(1, 2))
        await server.receive()
        assert call.cancel()
        assert (await server.receive_cancel())[1] == 0
        with pytest.raises(CallCancelledError):
            await call


async def test_deadline_of_go_ends_it() -> None:
    async with connected(interceptors=[identify]) as (client, _):
        with pytest.raises(DeadlineExceededError):
            await client.go(SUM, Pair(1, 2), timeout=0.02)


async def test_close_ends_go() -> None:
    async with connected(interceptors=[identify]) as (client, server):
        call = client.go(SUM, Pair(1, 2))
        await server.receive()
        await client.close()
        with pytest.raises(ShutdownError):
            await call


async def test_task_of_go_that_is_cancelled_ends_the_call() -> None:
    async with connected(interceptors=[identify]) as (client, server):
        call = client.go(SUM, Pair(1, 2))
        await server.receive()
        assert client._interceptors is not None
        for task in client._interceptors.tasks:
            task.cancel()
        with pytest.raises(RpcError, match="task of the interceptors was cancelled"):
            await call


def plain(call: ClientCall[Req, Res], proceed: Callable[[ClientCall[Req, Res]], Res], /) -> Res:
    """Be for clients with threads."""
    return proceed(call)


@pytest.mark.parametrize(
    ("interceptor", "fault"), [(plain, "is not an async def"), (3, "3 cannot be called")]
)
async def test_interceptor_that_is_none_for_asyncio(interceptor: Any, fault: str) -> None:
    with pytest.raises(TypeError, match=fault):
        async with connected(interceptors=[interceptor]):
            pass


async def replace(
    call: ClientCall[Req, Res], proceed: Callable[[ClientCall[Req, Res]], Awaitable[Res]], /
) -> Res:
    """Send another call in the place of the first."""
    return await proceed(ClientCall(call.method, call.args, {}))


async def test_go_has_the_metadata_of_the_call_that_was_sent() -> None:
    async with connected(interceptors=[replace]) as (client, server):
        call = client.go(SUM, Pair(1, 2))
        await server.receive()
        server.respond(ExtendedResponse("Math.Sum", 0, metadata={"took": "1"}), 3)
        assert (await call, call.metadata) == (3, {"took": "1"})
