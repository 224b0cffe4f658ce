"""The server's part: what it is told, and threads for handlers."""

from __future__ import annotations

import asyncio
import threading

import pytest

import rpcgen
from rpcgen import aio
from rpcgen.durable.working import in_thread
from rpcgen.errors import DialError
from tests.support.broker import Broker, needs_broker
from tests.support.timeouts import TIMEOUT_S

from .queues import durable_method


@pytest.mark.parametrize("make", [rpcgen.Server, aio.Server])
def test_server_refuses_what_is_no_broker(make: type[rpcgen.Server | aio.Server]) -> None:
    with pytest.raises(DialError, match="is no broker"):
        make().work("127.0.0.1:4222")


def test_function_runs_in_a_thread_of_its_own() -> None:
    found = asyncio.run(in_thread(threading.current_thread))
    assert (found is threading.main_thread(), found.daemon) == (False, True)


def test_exception_of_a_function_comes_out() -> None:
    with pytest.raises(ZeroDivisionError):
        asyncio.run(in_thread(lambda: 1 // 0))


def test_function_that_outlives_its_loop_is_let_go() -> None:
    gate, ended = threading.Event(), threading.Event()

    def work() -> None:
        gate.wait()
        ended.set()

    async def main() -> None:
        waiting = asyncio.ensure_future(in_thread(work))
        await asyncio.sleep(0)
        waiting.cancel()

    asyncio.run(main())
    gate.set()
    assert ended.wait(TIMEOUT_S)


@needs_broker
def test_plain_handler_of_an_asyncio_server_ends_before_that_closes(running: Broker) -> None:
    method, begun = durable_method(), threading.Event()

    def work(number: int) -> int:
        begun.set()
        threading.Event().wait(0.05)
        return number

    async def serve() -> None:
        server = aio.Server(workers=1)  # so that all but one wait for the thread
        server.register_name(method.name.partition(".")[0], [method.handler(work)])
        server.work(running.url)
        async with server:
            await asyncio.to_thread(begun.wait, TIMEOUT_S)

    with rpcgen.dial(running.url) as client:
        tickets = [client.submit(method, number) for number in range(4)]
        asyncio.run(serve())
        for number, ticket in enumerate(tickets):
            assert not ticket.done() or ticket.result(0) == number
