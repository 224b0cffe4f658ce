"""Execution of a call by a server on asyncio, and of one request alone."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable, Coroutine, Sequence

from rpcgen.errors import DecodeError, DisconnectedError, ServerError
from rpcgen.logs import log_failure
from rpcgen.net import clock
from rpcgen.net.sockets import make_peer, peer_address, peer_name
from rpcgen.protocol import Invocation, Peer, RejectedRequest, ServerProtocol
from rpcgen.protocol.context import current
from rpcgen.protocol.execution import Execution, check_is_wanted
from rpcgen.protocol.server_session import Cancellation

from .read_buffer import READ_SIZE
from .workers import Workers

__all__ = [
    "execute",
    "run_handler",
    "encode",
    "encode_in_thread",
    "run_in_thread",
    "serve_request",
    "start_task",
]

if sys.version_info >= (3, 12):

    def start_task(
        loop: asyncio.AbstractEventLoop,
        coroutine: Coroutine[object, object, None],
        name: str | None = None,
    ) -> asyncio.Task[None]:
        """Start a task, at once unless a factory makes the loop's tasks.

        A handler that waits for nothing is then over before this returns, and
        needs no turn of the event loop.
        """
        if loop.get_task_factory() is None:
            return asyncio.Task(coroutine, loop=loop, name=name, eager_start=True)
        return loop.create_task(coroutine)

else:

    def start_task(
        loop: asyncio.AbstractEventLoop,
        coroutine: Coroutine[object, object, None],
        name: str | None = None,
    ) -> asyncio.Task[None]:
        """Start a task, which begins with the next turn of the event loop."""
        # Without the loop's own function, and with a name that is not to be made: that saves a
        # fourth of what a task costs.
        if loop.get_task_factory() is None:
            return asyncio.Task(coroutine, loop=loop, name=name)
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
    if isinstance(event, RejectedRequest):
        await loop.sock_sendall(connection, protocol.refuse(event.request, event.error, event.code))
        raise ServerError(event.error, code=event.code)
    if isinstance(event, Cancellation):
        await loop.sock_sendall(connection, protocol.answer_cancel(event, found=False))
        return
    task = asyncio.current_task()
    assert task is not None
    cancelled_before = task.cancelling()

    def report(invocation: Invocation, error: BaseException) -> None:
        if task.cancelling() == cancelled_before:
            log_failure(invocation, error, peer_name(peer_address(connection), connection))

    def look_up_peer() -> Peer:
        return make_peer(peer_address(connection), connection, None, protocol.headers)

    execution = Execution(protocol, clock.monotonic, report, look_up_peer, clock.make_event)
    response = await execute(execution, event, workers, protocol)
    if task.cancelling() > cancelled_before:  # the task, and not what the handler waited for
        raise asyncio.CancelledError
    await loop.sock_sendall(connection, response)


async def execute(
    execution: Execution, invocation: Invocation, workers: Workers, owner: object
) -> bytes:
    """Execute a call, whatever its handler raises.

    Args:
        execution: Counts the call and encodes its reply.
        invocation: The call.
        workers: The threads for a handler that is not an ``async def``.
        owner: The connection, to which its share of the threads is given.

    Returns:
        The response to send.
    """
    return encode(execution, invocation, *await run_handler(execution, invocation, workers, owner))


async def run_handler(
    execution: Execution, invocation: Invocation, workers: Workers, owner: object
) -> tuple[object, BaseException | None]:
    """Run the handler of a call; return its reply and its exception, one of them None."""
    around = current.get()
    try:
        execution.started(invocation)
        if invocation.served.is_async:
            return await invocation.served.function(invocation.args), None
        return await run_in_thread(invocation, workers, owner)
    except BaseException as raised:  # not the server's end
        return None, raised
    finally:
        current.set(around)


def run_in_thread(
    invocation: Invocation, workers: Workers, owner: object
) -> Coroutine[object, object, tuple[object, BaseException | None]]:
    """Run a handler that is not an ``async def`` in a thread; see `run_handler`."""
    return workers.run(owner, _outcome, invocation, invocation.served.function, invocation.args)


async def call_in_thread(
    workers: Workers, function: Callable[[object], object], args: object
) -> object:
    """Run a plain handler in a thread, within interceptors, and return what it returns."""
    invocation = current.get()
    assert invocation is not None  # interceptors run in the task of their call
    owner = invocation.execution
    reply, error = await workers.run(owner, _outcome, invocation, function, args)
    if error is not None:
        raise error
    return reply


def encode(
    execution: Execution, invocation: Invocation, reply: object, error: BaseException | None
) -> bytes:
    """Return the response for the reply or the exception of a handler."""
    if error is None:
        parts = execution.succeeded(invocation, reply)
    else:
        parts = execution.failed(invocation, error)
    # `_joined` once more, which would be a call for every reply.
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def encode_in_thread(
    execution: Execution, invocation: Invocation, reply: object, threads: Workers, owner: object
) -> bytes:
    """Do the same for a large reply, while nobody else encodes for this connection.

    If the task is cancelled, the thread goes on: nothing may be encoded any more.
    """
    try:
        parts = await threads.run(owner, execution.encode, invocation, reply)
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        return _joined(execution.failed(invocation, error))
    execution.encoded(invocation)
    return _joined(parts)


def _joined(parts: Sequence[bytes]) -> bytes:
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _outcome(
    invocation: Invocation, function: Callable[[object], object], args: object
) -> tuple[object, BaseException | None]:
    """Return what a handler returns, or what it raises.

    Not every exception gets through a future: a task that is woken with
    GeneratorExit ends, and with StopIteration it does not wake.
    """
    invocation.is_handled = True
    current.set(invocation)
    try:
        check_is_wanted(invocation)
        return function(args), None
    except BaseException as error:
        return None, error
    finally:
        current.set(None)
