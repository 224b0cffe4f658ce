"""Interceptors of a server: functions around the handlers of all its methods.

One is called with the call and with ``proceed``, which has it carried out::

    def count(call: ServerCall[Req, Res], proceed: Callable[[ServerCall[Req, Res]], Res]) -> Res:
        counts[call.method.name] += 1
        return proceed(call)

It may change the arguments, look at the reply or the exception, raise one of its own, or answer
without `proceed`. Of several, the first is outermost. On an asyncio server the same with
``async def`` and ``await proceed(call)``, also around plain functions.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Generic, Protocol, TypeVar

from attrs import define

from rpcgen.method import Method

from .context import CallContext, context
from .interceptors import chain, is_coroutine_function

__all__ = [
    "AsyncServerInterceptor",
    "ServerCall",
    "ServerInterceptor",
    "checked_interceptors",
    "intercepted",
]

T = TypeVar("T")
Req = TypeVar("Req")
Res = TypeVar("Res")


@define(eq=False)
class ServerCall(Generic[Req, Res]):
    """A call that a server is about to carry out, as its interceptors see it.

    Attributes:
        method: What is called.
        args: Its arguments.
    """

    method: Method[Req, Res]
    args: Req

    @property
    def context(self) -> CallContext:
        """Context of the call: peer, metadata, deadline."""
        return context()


class ServerInterceptor(Protocol):
    """A function around each call of a server with threads; see the module."""

    def __call__(
        self, call: ServerCall[Req, Res], proceed: Callable[[ServerCall[Req, Res]], Res], /
    ) -> Res:
        """Carry out a call, by ``proceed`` as a rule, and return the reply.

        May run in several threads at a time.
        """
        ...


class AsyncServerInterceptor(Protocol):
    """A coroutine function around each call of a server on asyncio; see the module."""

    async def __call__(
        self,
        call: ServerCall[Req, Res],
        proceed: Callable[[ServerCall[Req, Res]], Awaitable[Res]],
        /,
    ) -> Res:
        """Carry out a call, by ``proceed`` as a rule, and return the reply."""
        ...


def checked_interceptors(interceptors: Iterable[T], *, is_async: bool) -> tuple[T, ...]:
    """Return interceptors as they were given.

    Args:
        interceptors: Those of a server.
        is_async: True if it is one of asyncio.

    Raises:
        TypeError: One of them is for the other API.
    """
    found = tuple(interceptors)
    for each in found:
        if is_coroutine_function(each) is not is_async:
            wanted = "an async def" if is_async else "a plain function"
            raise TypeError(f"interceptors: {each!r} is not {wanted}, which this server calls")
    return found


def intercepted(
    method: Method[Any, Any],
    interceptors: Iterable[Callable[..., Any]],
    function: Callable[[Any], Any],
) -> Callable[[Any], Any]:
    """Return a handler that runs another one through interceptors.

    Args:
        method: What it answers.
        interceptors: The first is outermost; all are coroutine functions if ``function`` is.
        function: The handler itself.
    """

    def proceed(call: ServerCall[Any, Any]) -> Any:
        return function(call.args)

    carry_out = chain(interceptors, proceed)

    def handle(args: Any) -> Any:
        return carry_out(ServerCall(method, args))

    return handle
