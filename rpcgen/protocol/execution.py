"""`Execution`: the one place that carries out and counts a call, whichever API it came by.

::

    started ──▶ the handler runs, which is the API's business ──▶ succeeded or failed

Whatever a handler raises is answered with its text, and counted once; so is a
reply that cannot be encoded. What `failed` itself raises comes from a codec
that cannot even say that something went wrong: the connection ends then.

A call that is cancelled, or past its deadline, before its handler begins is
answered without being carried out, and is not counted.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from types import CoroutineType
from typing import Final, TypeAlias

from rpcgen.code import Code
from rpcgen.errors import (
    CallCancelledError,
    DeadlineExceededError,
    EncodeError,
    RemoteError,
    ServerError,
)

from .codec import ServedSteps
from .context import Event, Peer, current
from .metadata import checked_metadata
from .server_session import Failure, Invocation, ServerSession, error_text
from .statistics import COUNTED_AT_ONCE

__all__ = ["Execution", "Report", "check_is_wanted", "given_up"]

Report: TypeAlias = Callable[[Invocation, BaseException], None]

# Text that the client gets for an exception that is none of its business.
_MASKED: Final = Failure("internal error", Code.INTERNAL)

_GIVEN_UP: Final = {
    Code.CANCELLED: "the call was cancelled by its caller",
    Code.DEADLINE_EXCEEDED: "the call was not over at its deadline",
}


class _UnstartedError(ServerError):
    """The end of a call whose handler is not begun; a handler cannot raise it."""


class Execution:
    """Carries out the calls of one connection, with the API's own threads or tasks.

    To the contexts of the calls it is their `Surroundings`.

    Args:
        protocol: What the connection speaks. `succeeded` and `failed` encode,
            so that one thread at a time may be in either.
        clock: Returns the time in seconds; deadlines are reckoned by it.
        report: Called with each call that has failed, and why.
        look_up_peer: Returns the client, for the first handler that asks.
        make_event: Makes what a thread waits for until its call is cancelled.
    """

    __slots__ = (
        "_look_up_peer",
        "_peer",
        "_protocol",
        "_reply_parts",
        "_report",
        "clock",
        "make_event",
    )

    def __init__(
        self,
        protocol: ServerSession,
        clock: Callable[[], float],
        report: Report,
        look_up_peer: Callable[[], Peer] | None = None,
        make_event: Callable[[], Event] | None = None,
    ) -> None:
        self._protocol = protocol
        self._reply_parts = protocol.reply_parts
        self.clock = clock
        self._report = report
        self._look_up_peer = look_up_peer or _unknown_peer
        self._peer: Peer | None = None
        self.make_event = make_event or _no_event

    @property
    def peer(self) -> Peer:
        """The client."""
        if self._peer is None:
            self._peer = self._look_up_peer()
        return self._peer

    def steps(self) -> ServedSteps | None:
        """Return what takes plain calls through the steps of this, if the accelerator is there.

        For an API with threads, whose statistics have locks.
        """
        calls = self._protocol.served_calls
        return None if calls is None else calls.steps(self, current.set, CoroutineType)

    def started(self, invocation: Invocation) -> None:
        """Count a call whose handler is about to run, here in this thread or task.

        Raises:
            ServerError: It is not to run, being cancelled or too late; this is for `failed`.
        """
        invocation.execution = self
        now = self.clock()
        if invocation.context is not None:
            invocation.context.surroundings = self
            # Of most it is known without looking at the time once more.
            if not invocation.context.is_wanted(now):
                check_is_wanted(invocation)
        invocation.began = now
        statistics = invocation.served.statistics
        with statistics.lock:  # its `started`, for each call
            statistics.calls += 1
        current.set(invocation)

    def cancel(self, invocation: Invocation, reason: Code) -> None:
        """Take note that nobody waits for a call any more, and tell threads that ask."""
        invocation.execution = self
        context = invocation.context or invocation.make_context()
        context.surroundings = self
        context.cancel(reason)

    def cancelled(self, invocation: Invocation, error: BaseException) -> BaseException:
        """Return what to answer where a handler has ended by cancellation.

        Args:
            invocation: The call.
            error: What came of the cancellation, which is what is answered if it was not the
                call's: nobody but the handler is to blame then.
        """
        context = invocation.context
        if context is None or context.reason == Code.OK:
            return error
        is_unstarted = not (invocation.served.is_async or invocation.is_handled)
        cls = _UnstartedError if is_unstarted else ServerError
        return cls(_GIVEN_UP[context.reason], code=context.reason)

    def succeeded(self, invocation: Invocation, reply: object) -> Sequence[bytes]:
        """Count a call whose handler has returned; give the bytes to send, in parts.

        The count comes before the client can know of the end. A reply that
        cannot be encoded is a failure.
        """
        # `encode` and `encoded` once more: to call them takes longer than what they do.
        try:
            if type(reply) is CoroutineType:
                raise _never_awaited(invocation, reply)
            parts = self._reply_parts(invocation, reply)
        except BaseException as error:
            return self.failed(invocation, _better(error, invocation, reply))
        invocation.ended = ended = self.clock()
        statistics = invocation.served.statistics
        with statistics.lock:  # its `finished`, for each call
            statistics.uncounted.append(ended - invocation.began)
            if len(statistics.uncounted) >= COUNTED_AT_ONCE:
                statistics.count()
        return parts

    def encode(self, invocation: Invocation, reply: object) -> Sequence[bytes]:
        """Give the bytes of a reply, in parts; the first half of `succeeded`, for a thread."""
        if type(reply) is CoroutineType:
            raise _never_awaited(invocation, reply)
        return self._reply_parts(invocation, reply)

    def encoded(self, invocation: Invocation) -> None:
        """Count a call whose reply is encoded: the second half of `succeeded`."""
        invocation.ended = ended = self.clock()
        invocation.served.statistics.finished(ended - invocation.began, failed=False)

    def dropped(self, invocation: Invocation) -> None:
        """Count a call whose client has gone before its reply was encoded, as one that failed."""
        invocation.ended = ended = self.clock()
        invocation.served.statistics.finished(ended - invocation.began, failed=True)

    def failed(self, invocation: Invocation, error: BaseException) -> Sequence[bytes]:
        """Count a call whose handler has raised; give the bytes to send, in parts."""
        invocation.ended = ended = self.clock()
        if invocation.has_begun:
            invocation.served.statistics.finished(ended - invocation.began, failed=True)
        if isinstance(error, _UnstartedError):
            return (self._protocol.refuse(invocation.request, str(error), error.code),)
        self._report(invocation, error)
        try:
            return (self._protocol.fail(invocation.request, _failure(invocation, error)),)
        except Exception as unsendable:  # metadata, or the fields of a declared exception
            self._report(invocation, unsendable)
            text = _MASKED.text if _is_masked(invocation, error) else error_text(error)
            return (self._protocol.refuse(invocation.request, text),)


def given_up(reason: Code) -> ServerError:
    """Return the end of a call that nobody waits for any more, and that has begun."""
    return ServerError(_GIVEN_UP[reason], code=reason)


def check_is_wanted(invocation: Invocation) -> None:
    """Raise `ServerError`, for `Execution.failed`, if nobody waits for a call any more."""
    context = invocation.context
    if context is not None and context.reason != Code.OK:
        raise _UnstartedError(_GIVEN_UP[context.reason], code=context.reason)


def _unknown_peer() -> Peer:
    return Peer("")


def _no_event() -> Event:
    raise NotImplementedError("no threads here, to wait for a cancellation")


def _failure(invocation: Invocation, error: BaseException) -> Failure:
    """Return what the client is told of an exception."""
    context = invocation.context
    metadata: Mapping[str, str] = {} if context is None else context.reply_metadata
    if _is_masked(invocation, error):
        return Failure(_MASKED.text, _MASKED.code, checked_metadata(metadata))
    # A class of the user's may have left its base without a start.
    own: Mapping[str, str] = (
        getattr(error, "metadata", {}) if isinstance(error, ServerError) else {}
    )
    metadata = checked_metadata({**metadata, **own})
    method = invocation.served.method
    declared = None if method is None else method.declares(error)
    if declared is None or not isinstance(error, RemoteError):
        return Failure(error_text(error), _code_of(error), metadata)
    name, schema, text = declared
    return Failure(text or error_text(error), _code_of(error), metadata, name, schema, error)


def _is_masked(invocation: Invocation, error: BaseException) -> bool:
    return invocation.served.masks_errors and not isinstance(error, ServerError)


def _code_of(error: BaseException) -> Code:
    if not isinstance(error, (ServerError, DeadlineExceededError, CallCancelledError)):
        return Code.UNKNOWN
    try:
        return Code(error.code) or Code.UNKNOWN
    except ValueError:  # a number of the user's own
        return Code.UNKNOWN


def _never_awaited(
    invocation: Invocation, reply: CoroutineType[object, object, object]
) -> Exception:
    reply.close()
    return TypeError(
        f"{invocation.request.service_method} returned a coroutine instead of a reply:"
        " serve an async def with rpcgen.aio.Server and async_handler"
    )


def _better(error: BaseException, invocation: Invocation, reply: object) -> BaseException:
    """Return an error that says more, where a reply that does not fit would have to be awaited."""
    if isinstance(error, EncodeError) and inspect.isawaitable(reply):
        return TypeError(
            f"{invocation.request.service_method} returned {type(reply).__name__}, which must"
            " be awaited: serve an async def with rpcgen.aio.Server and async_handler"
        )
    return error
