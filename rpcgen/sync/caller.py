"""`Caller`: the client that generated code stands on, as far as it needs one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar, Unpack

if TYPE_CHECKING:
    from rpcgen.method import Method
    from rpcgen.protocol import CallOptions, DoneQueue

    from .call import Call

__all__ = ["Caller"]

Req = TypeVar("Req")
Res = TypeVar("Res")


class Caller(Protocol):
    """Anything that generated clients can make their calls through.

    A `Client` is one; so is a pool of clients, a wrapper that retries, logs or counts, or a fake
    in a test, without being a subclass of anything::

        class Counting:
            def __init__(self, inner: Caller) -> None: ...
            def call(
                self, method: Method[Req, Res], args: Req, /, **options: Unpack[CallOptions]
            ) -> Res: ...
            def go(
                self,
                method: Method[Req, Res],
                args: Req,
                done: DoneQueue[Call[Res]] | None = None,
                /,
                **options: Unpack[CallOptions],
            ) -> Call[Res]: ...
            def close(self) -> None: ...

        arith = ArithClient(Counting(rpcgen.dial(address)))

    ``with arith:`` ends with ``__exit__`` of a caller that has one, else with `close`.
    """

    def call(self, method: Method[Req, Res], args: Req, /, **options: Unpack[CallOptions]) -> Res:
        """Call a method, wait for its reply and return it.

        Args:
            method: The method, as generated modules have it: ``ARITH_MULTIPLY``.
            args: Its arguments.
            **options: See `CallOptions`.

        Raises:
            RpcError: There is no reply, for the reason that its class says.
        """
        ...

    def go(
        self,
        method: Method[Req, Res],
        args: Req,
        done: DoneQueue[Call[Res]] | None = None,
        /,
        **options: Unpack[CallOptions],
    ) -> Call[Res]:
        """Start a call and return it without waiting for the reply.

        Args:
            method: The method.
            args: Its arguments.
            done: The queue into which the call is put when it is over.
            **options: See `CallOptions`.
        """
        ...

    def close(self) -> None:
        """Close the connection; pending calls end with `ShutdownError`."""
        ...
