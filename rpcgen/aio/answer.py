"""How a server on asyncio carries out a call."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import Callable, Coroutine
from time import perf_counter
from typing import TYPE_CHECKING

from rpcgen.errors import DecodeError, DisconnectedError, ServerError
from rpcgen.protocol import Invocation, Refusal, ServerProtocol, error_text

from .inbox import READ_SIZE
from .workers import Workers

if TYPE_CHECKING:
    from rpcgen.protocol.serving import AnyServerProtocol

__all__ = ["answer", "serve_request", "start_task"]

_log = logging.getLogger("rpcgen.server")


if sys.version_info >= (3, 12):

    def start_task(
        loop: asyncio.AbstractEventLoop, coroutine: Coroutine[object, object, None]
    ) -> asyncio.Task[None]:
        """Start a task, at once unless a factory makes the loop's tasks.

        A handler that waits for nothing is then over before this returns, and
        needs no turn of the event loop.
        """
        if loop.get_task_factory() is None:
            return asyncio.Task(coroutine, loop=loop, eager_start=True)
        return loop.create_task(coroutine)

else:

    def start_task(
        loop: asyncio.AbstractEventLoop, coroutine: Coroutine[object, object, None]
    ) -> asyncio.Task[None]:
        """Start a task, which begins with the next turn of the event loop."""
        return loop.create_task(coroutine)


async def serve_request(
    connection: socket.socket, protocol: ServerProtocol, workers: Workers
) -> None:
    """Serve one request; see `Server.serve_request`."""
    loop = asyncio.get_running_loop()
    while (event := protocol.next_event()) is None:
        if protocol.failure:
            raise DecodeError(protocol.failure)
        data = await loop.sock_recv(connection, READ_SIZE)
        if not data:
            raise DisconnectedError("EOF")
        protocol.feed(data)
    if isinstance(event, Refusal):
        await loop.sock_sendall(connection, protocol.refuse(event.request, event.error))
        raise ServerError(event.error)
    try:
        response = await answer(protocol, event, workers, protocol)
    except Exception as error:
        _log.exception("%s failed", event.request.service_method)
        response = protocol.refuse(event.request, error_text(error))
    await loop.sock_sendall(connection, response)


async def answer(
    protocol: AnyServerProtocol, invocation: Invocation, workers: Workers, owner: object
) -> bytes:
    """Carry out a call and return what to send; count it before the client knows of its end.

    The handler runs in a thread if it is no ``async def``; ``owner`` is the
    connection, to which its share of the threads is given.
    """
    served, args = invocation.served, invocation.args
    began, failed = perf_counter(), True
    served.statistics.started()
    try:
        if served.is_async:
            reply = await served.function(args)
        else:
            reply = await workers.run(owner, _call, served.function, args)
        response = protocol.reply(invocation, reply)
        failed = False
        return response
    finally:
        served.statistics.finished(perf_counter() - began, failed)


def _call(function: Callable[[object], object], args: object) -> object:
    try:
        return function(args)
    except StopIteration as error:  # no future takes it: the caller would wait for ever
        raise RuntimeError("handler raised StopIteration") from error
