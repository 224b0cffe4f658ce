"""The server's part: what it is told, and threads for handlers."""

from __future__ import annotations

import asyncio
import threading

import pytest

import rpcgen
from rpcgen import aio
from rpcgen.durable.working import in_thread
from rpcgen.errors import DialError


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
    assert ended.wait(60)
