"""`Execution`: the one place that carries out and counts a call, whichever API it came by.

::

    started ──▶ the handler runs, which is the API's business ──▶ succeeded or failed

Whatever a handler raises is answered with its text, and counted once; so is a
reply that cannot be encoded. What `failed` itself raises comes from a codec
that cannot even say that something went wrong: the connection ends then.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from types import CoroutineType
from typing import TypeAlias

from rpcgen.errors import EncodeError

from .server import Invocation, ServerSession, error_text

__all__ = ["Execution", "Report"]

Report: TypeAlias = Callable[[Invocation, BaseException], None]


class Execution:
    """Carries out the calls of one connection, with the API's own threads or tasks.

    Args:
        protocol: What the connection speaks. `succeeded` and `failed` encode,
            so that one thread at a time may be in either.
        clock: Returns the time in seconds, since whenever.
        report: Called with each call that has failed, and why.
    """

    __slots__ = ("_clock", "_protocol", "_reply_parts", "_report")

    def __init__(self, protocol: ServerSession, clock: Callable[[], float], report: Report) -> None:
        self._protocol = protocol
        self._reply_parts = protocol.reply_parts
        self._clock = clock
        self._report = report

    def started(self, invocation: Invocation) -> None:
        """Count a call whose handler is about to run."""
        invocation.began = self._clock()
        invocation.served.statistics.started()

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
        invocation.ended = ended = self._clock()
        invocation.served.statistics.finished(ended - invocation.began, False)
        return parts

    def encode(self, invocation: Invocation, reply: object) -> Sequence[bytes]:
        """Give the bytes of a reply, in parts; the first half of `succeeded`, for a thread."""
        if type(reply) is CoroutineType:
            raise _never_awaited(invocation, reply)
        return self._reply_parts(invocation, reply)

    def encoded(self, invocation: Invocation) -> None:
        """Count a call whose reply is encoded: the second half of `succeeded`."""
        invocation.ended = ended = self._clock()
        invocation.served.statistics.finished(ended - invocation.began, failed=False)

    def dropped(self, invocation: Invocation) -> None:
        """Count a call whose client has gone before its reply was encoded, as one that failed."""
        invocation.ended = ended = self._clock()
        invocation.served.statistics.finished(ended - invocation.began, failed=True)

    def failed(self, invocation: Invocation, error: BaseException) -> Sequence[bytes]:
        """Count a call whose handler has raised; give the bytes to send, in parts."""
        invocation.ended = ended = self._clock()
        invocation.served.statistics.finished(ended - invocation.began, failed=True)
        self._report(invocation, error)
        return (self._protocol.refuse(invocation.request, error_text(error)),)


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
