"""Interceptors of a client: functions around each of its calls.

One is called with the call and with ``proceed``, which carries it out::

    def count(call: ClientCall[Req, Res], proceed: Callable[[ClientCall[Req, Res]], Res]) -> Res:
        counts[call.method.name] += 1
        return proceed(call)

It may change the call, look at the reply or the exception, raise one of its own, answer without
`proceed`, or proceed again. Of several, the first is outermost: it sees what the others have
made of the reply. On asyncio the same with ``async def`` and ``await proceed(call)``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from inspect import iscoroutinefunction
from typing import Any, Generic, Protocol, TypeVar

from attrs import define

from rpcgen.method import Method

from .call_options import NO_METADATA, NO_OPTIONS, CallSettings
from .metadata import checked_metadata

__all__ = [
    "AsyncClientInterceptor",
    "ClientCall",
    "ClientInterceptor",
    "chain",
    "checked_interceptors",
    "is_coroutine_function",
]

T = TypeVar("T")
Req = TypeVar("Req")
Res = TypeVar("Res")


@define(eq=False)
class ClientCall(Generic[Req, Res]):
    """A call that a client is about to make, as its interceptors see it.

    Attributes:
        method: What is called.
        args: Its arguments.
        metadata: Texts that travel beside the arguments, by names in lower-case ASCII.
        deadline: Time of `time.monotonic`, in seconds, at which the call is given up; None: never.
        key: Idempotency key, empty without one.
        wait_for_ready: As in `CallOptions`.
        reply_metadata: What has come beside the reply or the error; empty before.
    """

    method: Method[Req, Res]
    args: Req
    metadata: dict[str, str]
    deadline: float | None = None
    key: str = ""
    wait_for_ready: bool = False
    reply_metadata: Mapping[str, str] = NO_METADATA

    @classmethod
    def of(
        cls, method: Method[Req, Res], args: Req, settings: CallSettings
    ) -> ClientCall[Req, Res]:
        """Return a call.

        Args:
            method: The method.
            args: Its arguments.
            settings: Options of the call, resolved.
        """
        metadata = dict(settings.metadata or {})
        return cls(method, args, metadata, settings.deadline, settings.key, settings.wait_for_ready)

    @property
    def settings(self) -> CallSettings:
        """Settings of the call as it stands.

        Raises:
            TypeError: There is metadata that is none.
            ValueError: The same.
        """
        metadata = checked_metadata(self.metadata) or None
        settings = CallSettings(self.deadline, metadata, self.wait_for_ready, self.key)
        return NO_OPTIONS if settings == NO_OPTIONS else settings


class ClientInterceptor(Protocol):
    """A function around each call of a client with threads; see the module."""

    def __call__(
        self, call: ClientCall[Req, Res], proceed: Callable[[ClientCall[Req, Res]], Res], /
    ) -> Res:
        """Carry out a call, by ``proceed`` as a rule, and return the reply.

        May run in several threads at a time. A call of `Client.go` runs in a thread of its own.
        """
        ...


class AsyncClientInterceptor(Protocol):
    """A coroutine function around each call of a client on asyncio; see the module."""

    async def __call__(
        self,
        call: ClientCall[Req, Res],
        proceed: Callable[[ClientCall[Req, Res]], Awaitable[Res]],
        /,
    ) -> Res:
        """Carry out a call, by ``proceed`` as a rule, and return the reply."""
        ...


def checked_interceptors(interceptors: Iterable[T], *, is_async: bool = False) -> tuple[T, ...]:
    """Return interceptors as they are.

    Args:
        interceptors: Those of a client.
        is_async: True if it is one of asyncio.

    Raises:
        TypeError: One is for the other API, or cannot be called.
    """
    found = tuple(interceptors)
    for each in found:
        if is_coroutine_function(each) and not is_async:
            raise TypeError(f"interceptors: {each!r} is a coroutine function: write a plain one")
        if is_async and not is_coroutine_function(each):
            raise TypeError(f"interceptors: {each!r} is not an async def, which this client calls")
    return found


def is_coroutine_function(interceptor: object) -> bool:
    """Return True if an interceptor is a coroutine function, or an object that is called as one.

    Raises:
        TypeError: It cannot be called.
    """
    if not callable(interceptor):
        raise TypeError(f"interceptors: {interceptor!r} cannot be called")
    return any(map(iscoroutinefunction, (interceptor, type(interceptor).__call__)))


def chain(
    interceptors: Iterable[Callable[..., Any]], proceed: Callable[[Any], Any]
) -> Callable[[Any], Any]:
    """Return a function that carries out a call through interceptors, the first outermost.

    Args:
        interceptors: All of one kind, of one side and one API.
        proceed: Carries the call out.
    """
    for interceptor in reversed([*interceptors]):
        proceed = _around(interceptor, proceed)
    return proceed


def _around(interceptor: Callable[..., Any], proceed: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def carry_out(call: Any) -> Any:
        return interceptor(call, proceed)

    return carry_out
