"""`Call`: one call, pending or done."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Generator, Mapping
from typing import Any, Generic, Protocol, TypeVar, cast

from rpcgen.errors import CallCancelledError, CallTimeoutError, RpcError
from rpcgen.logs import client_log
from rpcgen.protocol import DONE_CAPACITY, ClientProtocol, DoneQueue
from rpcgen.protocol.call_options import NO_METADATA

from .loops import check_loop

__all__ = ["Call", "CallDriver"]

Res = TypeVar("Res")


class CallDriver(Protocol):
    """Driver of a call: the connection of the client that has made it."""

    protocol: ClientProtocol[Any]

    def give_up(self, waiter: Any, seq: int, error: RpcError) -> None:
        """End a pending call with an error, and tell the server."""
        ...


class Call(Generic[Res]):
    """One call: what was asked, and once it is done, the reply or the error.

    Made by `Client.go`; ``await call`` is ``await call.result()``. Mirrors ``rpc.Call``.
    """

    def __init__(
        self,
        service_method: str,
        args: object,
        done: DoneQueue[Call[Res]] | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
        driver: CallDriver | None = None,
    ) -> None:
        self.service_method = service_method
        self.args = args
        self.reply: Res | None = None
        self.error: RpcError | None = None
        self.metadata: Mapping[str, str] = NO_METADATA
        """Metadata that the server has sent with the reply or the error; empty while pending."""
        self._is_done = False
        self._done = done
        self._loop = loop
        # Where it is pending, and under which number.
        self._driver = driver
        self._seq = -1
        # One for each task that waits, so that cancelling it does not end the call for others.
        self._waiters: list[asyncio.Future[None]] = []

    def __repr__(self) -> str:
        state = "done" if self._is_done else "pending"
        return f"<Call {self.service_method} {state}>"

    def __await__(self) -> Generator[Any, None, Res]:
        return self.result().__await__()

    def is_done(self) -> bool:
        """Return True once the call has its outcome: ``reply`` or ``error`` is final."""
        return self._is_done

    @property
    def done(self) -> asyncio.Queue[Call[Res]]:
        """The queue that receives this call, once, when it is done.

        The one given to `Client.go`, or else one of its own with room for 10.
        """
        if self._done is None:
            self._done = _Done(self)
            if self._is_done:
                self._done.put_nowait(self)
        return cast("asyncio.Queue[Call[Res]]", self._done)

    def cancel(self) -> bool:
        """Give the call up: it ends with `CallCancelledError`, and the server is told.

        A server that knows nothing of cancellation carries it out nevertheless. A task that is
        cancelled while it waits for the call leaves the call alone: others may wait for it.

        Returns:
            True if that is how the call has ended, False if it was over before.

        Raises:
            RuntimeError: Outside of the client's event loop.
        """
        if self._loop is not None:
            check_loop(self._loop, "the call")
        if self._is_done:
            return False
        error = CallCancelledError(f"{self.service_method}: cancelled by its caller")
        if self._driver is None:
            self._finish(None, error)
        else:
            self._driver.give_up(self, self._seq, error)
        return True

    async def result(self, timeout: float | None = None) -> Res:
        """Wait for the reply.

        After a `CallTimeoutError`, as after a cancellation, the call goes on and can be waited
        for again, as long as somebody holds it.

        Args:
            timeout: Maximum time in seconds to wait; None: as long as it takes.

        Returns:
            The reply.

        Raises:
            CallTimeoutError: The reply has not come in that time.
            DeadlineExceededError: The call was not over at its deadline; see `CallOptions`.
            CallCancelledError: It was cancelled; see `cancel`.
            ServerError: The method has answered with this text.
            EncodeError: The arguments do not fit their schema.
            DecodeError: The reply does not fit its schema.
            ShutdownError: The client is closed.
            DisconnectedError: The connection is gone.
            RuntimeError: This is not the client's event loop.
        """
        if not self._is_done:
            await self._wait(timeout)
        if not self._is_done:
            raise CallTimeoutError(f"{self.service_method}: no reply within {timeout} s")
        if self.error is not None:
            raise self.error
        return cast("Res", self.reply)

    async def _wait(self, timeout: float | None) -> None:
        if self._loop is not None:
            check_loop(self._loop, "the call")
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            if timeout is None:
                await waiter  # many times cheaper than `asyncio.wait`
            else:
                await asyncio.wait([waiter], timeout=timeout)
        finally:
            self._waiters.remove(waiter)
            is_awaited = self._is_done or self._waiters or self._done is not None
            if self._driver is not None and not is_awaited:
                # It was given up: its entry among the pending calls must not outlive it.
                self._driver.protocol.weaken(self._seq)

    def _finish(
        self, reply: Any, error: RpcError | None, metadata: Mapping[str, str] = NO_METADATA
    ) -> None:
        """Take the outcome and tell everybody who waits for it."""
        self.reply = reply
        self.error = error
        self.metadata = metadata
        self._is_done = True
        for waiter in self._waiters:
            if not waiter.done():  # its task was cancelled
                waiter.set_result(None)
        if self._done is not None:
            try:
                self._done.put_nowait(self)
            except (asyncio.QueueFull, queue.Full):  # the queue may lead to another thread
                pass  # as in Go, whose client never waits for room either
            except Exception:  # of a queue that takes no more, whose fault is no other call's
                client_log.exception("%s: the done queue", self.service_method)


class _Done(asyncio.Queue[Call[Any]]):
    """The queue of one call, which it holds: who was given it may wait for nothing else."""

    def __init__(self, call: Call[Any]) -> None:
        super().__init__(DONE_CAPACITY)
        self._call = call
