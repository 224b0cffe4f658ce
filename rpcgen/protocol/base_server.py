"""`BaseServer`: the part of a server that both APIs have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

from rpcgen.errors import DialError, RpcError
from rpcgen.method import Handler, Method
from rpcgen.values.limits import Limits

from .codecs import CodecName, CodecOptions, check_codec_options
from .headers import Feature
from .registry import Registry
from .server_session import ServerSession
from .serving import ConnectionLimits, server_protocol
from .statistics import MakeLock

if TYPE_CHECKING:
    from .address import Address
    from .remember import Remember, ReplyMemory
    from .server_health import ServerHealth

__all__ = ["BaseServer", "memory_of"]


class _Listener(Protocol):
    bound: Address
    codec_options: CodecOptions

    def close(self) -> None: ...


L = TypeVar("L", bound=_Listener)
Req = TypeVar("Req")
Res = TypeVar("Res")


def memory_of(
    remember: Remember | None, clock: Callable[[], float], make_lock: MakeLock
) -> ReplyMemory | None:
    """Return the memory that a server is told to have, None for none.

    Raises:
        TypeError: What it was told is no `Remember`.
    """
    if remember is None:
        return None
    from .remember import Remember  # which most servers do without

    if not isinstance(remember, Remember):
        raise TypeError(f"remember={remember!r}: write Remember(seconds=60, most=10_000)")
    return remember.memory(clock, make_lock)


class BaseServer(Registry):
    """A registry of services, and what may be asked of it on a connection.

    Args:
        make_lock: Makes the locks of the statistics; see `Registry`.
        limits: How large a request may be.
        connection_limits: What a client may take in time and in number.
        clock: Returns the time in seconds that deadlines are reckoned by.
        mask_errors: True to tell callers nothing of exceptions that are no `ServerError`.
        health: True to serve ``rpcgen.Health``, which says how the server is.
        reflection: True to serve ``rpcgen.Reflection``, which says what the server serves.
        memory: The replies of calls with keys; None: such calls are as others.
    """

    def __init__(
        self,
        make_lock: MakeLock,
        limits: Limits | None,
        connection_limits: ConnectionLimits,
        clock: Callable[[], float] = lambda: 0.0,
        *,
        mask_errors: bool = False,
        health: bool = False,
        reflection: bool = False,
        memory: ReplyMemory | None = None,
    ) -> None:
        super().__init__(make_lock, clock, mask_errors=mask_errors)
        self._memory = memory
        self._limits = limits
        self._health = self._serve_health() if health else None
        if reflection:
            self._serve_reflection()
        self._connection_limits = connection_limits

    def __repr__(self) -> str:
        names = ", ".join(service.name for service in self.services)
        return f"<Server of {names or 'nothing'}>"

    @property
    def features(self) -> Feature:
        """Features of the server, as clients are told them."""
        return super().features | (Feature(0) if self._memory is None else Feature.KEY)

    def renew_locks(self) -> None:
        """Make all locks anew, in a child process: nobody there releases those that are held."""
        super().renew_locks()
        if self._memory is not None:
            self._memory.renew_lock()

    def _remembered(self, handler: Handler) -> Handler:
        if self._memory is None:
            return handler
        from .remember import remembered

        return remembered(self._memory, handler)

    @property
    def health(self) -> ServerHealth:
        """Answers of ``rpcgen.Health``; `ServerHealth.set` changes them.

        Raises:
            RpcError: The server was made without ``health=True``.
        """
        if self._health is None:
            raise RpcError("the server has no rpcgen.Health: make it with health=True")
        return self._health

    def _serve_health(self) -> ServerHealth:
        from .health import Health  # which servers do without, as a rule
        from .server_health import HEALTH, HEALTH_CHECK, ServerHealth

        health = ServerHealth(lambda: {service.name for service in self.services})
        self.register_name(HEALTH, [self._handler(HEALTH_CHECK, health.check)], Health)
        return health

    def _serve_reflection(self) -> None:
        from .reflection import Reflection  # which servers do without, as a rule
        from .server_reflection import (
            REFLECTION,
            REFLECTION_DESCRIBE,
            REFLECTION_SERVICES,
            ServerReflection,
        )

        reflection = ServerReflection(lambda: self.services)
        handlers = [
            self._handler(REFLECTION_SERVICES, reflection.services),
            self._handler(REFLECTION_DESCRIBE, reflection.describe),
        ]
        self.register_name(REFLECTION, handlers, Reflection)

    def _handler(self, method: Method[Req, Res], function: Callable[[Req], Res]) -> Handler:
        """Return the handler of a service of the server's own, which is quick."""
        return method.handler(function)

    def _check_processes(self, count: object, is_serving: bool) -> None:
        """Raise an error where a server cannot serve in several processes.

        Raises:
            RpcError: It serves in this one already.
            TypeError: The number is none.
            ValueError: There would be no process, or each would remember its own replies.
        """
        if not isinstance(count, int) or isinstance(count, bool):
            raise TypeError(f"processes={count!r}: write a number of processes")
        if count < 1:
            raise ValueError(f"processes={count!r}: must be 1 or more, or None for this one")
        if is_serving:
            raise RpcError("processes: the server serves in this process already")
        if self._memory is not None:
            raise ValueError(
                "processes and remember: a repeated key may come to another process, which does"
                " not remember it; leave one of them out"
            )

    def _open_listener(
        self, open_listener: Callable[[], L], codec: CodecName, options: CodecOptions
    ) -> L:
        """Open a listener for a codec; it is closed again if there is no such codec.

        Raises:
            DialError: The address cannot be had, or the codec is unknown, or
                HTTP lacks the package that parses it.
            TypeError: There is no such option of the codec.
            ValueError: An option cannot have this value.
        """
        check_codec_options(options)
        listener = open_listener()
        listener.codec_options = options
        try:
            self._protocol(listener, codec)  # for the errors that it raises
        except DialError:
            listener.close()
            raise
        return listener

    def _protocol(self, listener: _Listener, codec: CodecName) -> ServerSession:
        """Return the protocol of a new connection of a listener."""
        bound, options = listener.bound, listener.codec_options
        return server_protocol(
            self, codec, self._limits, bound.http_path, bound.known_as, **options
        )
