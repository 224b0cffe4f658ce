"""`BaseClient`: what calls look like, whether one connection carries them or a channel of many."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack, overload

from rpcgen.errors import ShutdownError
from rpcgen.method import Method, untyped_method
from rpcgen.net import clock
from rpcgen.protocol import CallOptions, DoneQueue, check_done
from rpcgen.protocol.call_options import NO_OPTIONS, CallDefaults, CallSettings, resolve
from rpcgen.protocol.context import current, inherited

from .call import Call
from .loops import check_loop

if TYPE_CHECKING:
    from rpcgen.durable.call_queue import CallQueue
    from rpcgen.resolve.brokers import BrokerTarget

    from .intercepted import Interceptors
    from .ticket import Ticket

__all__ = ["BaseClient"]

Req = TypeVar("Req")
Res = TypeVar("Res")


class BaseClient:
    """Turns what a call is given into a method, its arguments and settings; then it is sent.

    An asynchronous context manager that closes it. ``call`` stands in each subclass, whole: one
    more coroutine would take a good part of it.

    Args:
        loop: The event loop that it belongs to.
        defaults: What each call has unless it is told otherwise; None: nothing.
        interceptors: What carries out calls with functions around them; None: there are none.
    """

    _broker: BrokerTarget | None = None
    """Brokers that were dialed, which keep durable calls; None if none were."""

    # The client's end of the queue, and the process that it belongs to; None before it is used.
    _queue: tuple[int, CallQueue] | None = None

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        defaults: CallDefaults | None,
        interceptors: Interceptors | None,
    ) -> None:
        self._loop = loop
        self._defaults = defaults
        self._interceptors = interceptors
        # False if a call without options uses nothing beyond Go's net/rpc.
        self._is_special = bool(defaults or interceptors)

    @property
    def closed(self) -> bool:
        """True once no further call can succeed."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            await self.close()
        except ShutdownError:
            pass  # closed inside the context

    @overload
    def go(
        self,
        method: Method[Req, Res],
        args: Req,
        done: DoneQueue[Call[Res]] | None = None,
        **options: Unpack[CallOptions],
    ) -> Call[Res]: ...
    @overload
    def go(
        self,
        method: str,
        args: object,
        done: DoneQueue[Call[Res]] | None = None,
        *,
        reply: type[Res],
        **options: Unpack[CallOptions],
    ) -> Call[Res]: ...
    @overload
    def go(
        self,
        method: str,
        args: object,
        done: DoneQueue[Call[Any]] | None = None,
        **options: Unpack[CallOptions],
    ) -> Call[Any]: ...
    def go(
        self,
        method: Method[Any, Any] | str,
        args: object,
        done: DoneQueue[Call[Any]] | None = None,
        *,
        reply: Any = None,
        **options: Unpack[CallOptions],
    ) -> Call[Any]:
        """Send a call and return at once, without waiting for the reply.

        A method may be given by its name, as for `call`. The call is put into
        the queue ``done`` when it is over; or await it. Whatever goes wrong,
        here or there, ends the call with an error and is raised where it is
        awaited; so it is if ``Limits.queued`` bytes of requests wait for a
        server that is slow to read already. Where a channel has no connection
        yet, a task waits for one. Mirrors ``rpc.Client.Go``.

        Args:
            method: The method, or its name, as for `call`.
            args: Its arguments.
            done: The queue into which the call is put when it is over.
            reply: The type of the reply, where the method is given by its name.
            **options: See `CallOptions`.

        Raises:
            RuntimeError: This is not in the client's event loop.
            TypeError: ``done`` has no room for calls, or there is no option of this name.
            ValueError: An option has a value that it cannot have.
        """
        self._check_loop()
        if isinstance(method, str):
            method = untyped_method(method, args, reply)
        if done is not None:
            check_done(done)
        settings = NO_OPTIONS
        if options or self._is_special or method.timeout is not None or current.get():
            settings = self._resolve(method, options)
            if self._interceptors is not None:
                return self._interceptors.go(method, args, done, settings)
        return self._go(method, args, settings, done)

    async def submit(
        self, method: Method[Any, Res], args: object, **options: Unpack[CallOptions]
    ) -> Ticket[Res]:
        """Leave a call to the queue of a NATS broker, and return once that keeps it.

        A call of the same method and key that there was before is not made once more: the ticket
        is for that one. Interceptors of the client see nothing of it.

        Args:
            method: The method, which the IDL marks as ``@durable``.
            args: Its arguments.
            **options: See `CallOptions`. ``timeout`` bounds the leaving alone (default: 10 s, and
                with ``wait_for_ready`` as long as it takes). Without a ``key`` the call gets one.

        Raises:
            EncodeError: The arguments do not fit, or are larger than the broker takes.
            RpcError: The client was not dialed at a broker, or that does not answer.
            ServerError: The key was used for other arguments (`Code.INVALID_ARGUMENT`).
            TypeError: There is no option of this name.
            ValueError: An option has a value that it cannot have.
        """
        from rpcgen.durable.call_queue import Submission  # others do without
        from rpcgen.durable.client import queue_of

        from .ticket import Ticket, outcome

        queue = queue_of(self, method)
        settings = resolve(options, None, self._defaults, inherited(), clock.monotonic())
        submission = Submission.of(method, args, settings)
        await outcome(queue.submit(submission))
        return Ticket(queue, method, submission.key)

    def ticket(self, method: Method[Any, Res], key: str) -> Ticket[Res]:
        """Return the ticket of a durable call that was made before, here or elsewhere.

        Args:
            method: The method.
            key: Key of the call.

        Raises:
            RpcError: The client was not dialed at a broker.
            TypeError: The key is no text.
            ValueError: No call can have the key.
        """
        from rpcgen.durable.client import queue_of  # others do without
        from rpcgen.durable.names import checked_key

        from .ticket import Ticket

        return Ticket(queue_of(self, method), method, checked_key(key))

    async def close(self) -> None:
        """Close all connections; pending calls end with `ShutdownError`."""
        raise NotImplementedError

    def _resolve(self, method: Method[Any, Any], options: CallOptions) -> CallSettings:
        return resolve(options, method.timeout, self._defaults, inherited(), clock.monotonic())

    def _check_loop(self) -> None:
        try:
            running = asyncio.get_running_loop()
        except RuntimeError:
            running = None
        if running is not self._loop:
            self._move()

    def _move(self) -> None:
        """Go over to the event loop that runs, where that is possible.

        Raises:
            RuntimeError: It is not, or there is none.
        """
        check_loop(self._loop, "the client")

    def _go(
        self,
        method: Method[Any, Any],
        args: object,
        settings: CallSettings,
        done: DoneQueue[Call[Any]] | None,
    ) -> Call[Any]:
        """Send a call that nobody may wait for."""
        raise NotImplementedError
