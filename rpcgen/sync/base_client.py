"""`BaseClient`: what calls look like, whether one connection carries them or a channel of many."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack, overload

from rpcgen._interrupts import reraise_interrupt
from rpcgen.errors import ShutdownError
from rpcgen.method import Method, untyped_method
from rpcgen.net import clock
from rpcgen.protocol import CallOptions, DoneQueue, check_done
from rpcgen.protocol.call_options import NO_OPTIONS, CallDefaults, CallSettings, resolve
from rpcgen.protocol.context import current, inherited

from .call import Call

if TYPE_CHECKING:
    from rpcgen.durable.call_queue import CallQueue
    from rpcgen.protocol.interceptors import ClientInterceptor
    from rpcgen.resolve.brokers import BrokerTarget

    from .exchange import Exchange
    from .intercepted import Interceptors, Send
    from .ticket import Ticket

__all__ = ["BaseClient"]

Req = TypeVar("Req")
Res = TypeVar("Res")


class BaseClient:
    """Turns what a call is given into a method, its arguments and settings; then it is sent.

    A context manager that closes it.

    Args:
        defaults: What each call has unless it is told otherwise; None: nothing.
        interceptors: Functions around each call, the first outermost.
        send: Sends for them what this thread waits for.
        go: Sends for them what another thread may wait for.

    Raises:
        TypeError: An interceptor is none for a client with threads.
    """

    _broker: BrokerTarget | None = None
    """Brokers that were dialed, which keep durable calls; None if none were."""

    _exchange: Exchange | None = None
    """Carrier of calls that a thread waits for, where that is something faster than `_send`."""

    # The client's end of the queue, and the process that it belongs to; None before it is used.
    _queue: tuple[int, CallQueue] | None = None

    def __init__(
        self,
        defaults: CallDefaults | None,
        interceptors: Iterable[ClientInterceptor],
        *,
        send: Send,
        go: Send,
    ) -> None:
        self._defaults = defaults
        self._interceptors: Interceptors | None = None
        interceptors = tuple(interceptors)
        if interceptors:
            from .intercepted import Interceptors  # others do without

            self._interceptors = Interceptors(interceptors, send=send, go=go)
        # False if a call without options uses nothing beyond Go's net/rpc.
        self._is_special = bool(defaults or interceptors)

    @property
    def closed(self) -> bool:
        """True once no further call can succeed."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self.close()
        except ShutdownError as error:
            reraise_interrupt(error)
            # Else it was closed inside the context.

    @overload
    def call(self, method: Method[Req, Res], args: Req, **options: Unpack[CallOptions]) -> Res: ...
    @overload
    def call(
        self, method: str, args: object, reply: type[Res], **options: Unpack[CallOptions]
    ) -> Res: ...
    @overload
    def call(self, method: str, args: object, **options: Unpack[CallOptions]) -> Any: ...
    def call(
        self,
        method: Method[Any, Any] | str,
        args: object,
        reply: Any = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Call a method, wait for its reply and return it.

        A method given by its name alone takes its schemas from the value of
        ``args`` and from the type ``reply``; without one, the reply comes as
        the plain values that the server's bytes describe. Raises what
        `Call.result` raises, and a channel also `DialError` where no server can be
        reached; with ``wait_for_ready``, the call waits instead. Mirrors ``rpc.Client.Call``.

        Args:
            method: The method, or its name.
            args: Its arguments.
            reply: The type of the reply, where the method is given by its name.
            **options: See `CallOptions`.
        """
        if isinstance(method, str):
            method = untyped_method(method, args, reply)
        settings = NO_OPTIONS
        if options or self._is_special or method.timeout is not None or current.get():
            settings = self._resolve(method, options)
            if self._interceptors is not None:
                return self._interceptors.call(method, args, settings)
        if self._exchange is not None:
            return self._exchange(method, args, settings)
        return self._send(method, args, settings).result()

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

        What the connection does not take at once is sent by the thread that
        waits for the reply, or by one in the background; where a channel has no
        connection yet, a thread waits for one. Whatever goes wrong, here or
        there, ends the call with an error and is raised by `Call.result`.
        Mirrors ``rpc.Client.Go``.

        Args:
            method: The method, or its name, as for `call`.
            args: Its arguments.
            done: The queue into which the call is put when it is over; where signal handlers
                raise exceptions, a `queue.SimpleQueue`, see `Call.done`.
            reply: The type of the reply, where the method is given by its name.
            **options: See `CallOptions`.

        Raises:
            TypeError: ``done`` has no room for calls, or there is no option of this name.
            ValueError: An option has a value that it cannot have.
        """
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

    def submit(
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
        outcome(queue.submit(submission))
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

    def close(self) -> None:
        """Close all connections; pending calls end with `ShutdownError`."""
        raise NotImplementedError

    def _resolve(self, method: Method[Any, Any], options: CallOptions) -> CallSettings:
        return resolve(options, method.timeout, self._defaults, inherited(), clock.monotonic())

    def _send(self, method: Method[Any, Any], args: object, settings: CallSettings) -> Call[Any]:
        """Send a call that this thread is about to wait for, or has waited for."""
        raise NotImplementedError

    def _go(
        self,
        method: Method[Any, Any],
        args: object,
        settings: CallSettings,
        done: DoneQueue[Call[Any]] | None = None,
    ) -> Call[Any]:
        """Send a call that nobody may wait for."""
        raise NotImplementedError
