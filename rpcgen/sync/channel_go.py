"""`ChannelGo`: calls of a channel that somebody waits for later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

from attrs import define

from rpcgen._interrupts import reraise_interrupt
from rpcgen.channel.retry import Request, may_pass
from rpcgen.channel.servers import Line
from rpcgen.errors import DisconnectedError, RpcError, ServerError, ShutdownError
from rpcgen.method import Method
from rpcgen.protocol import DoneQueue
from rpcgen.protocol.call_options import NO_METADATA, CallSettings

from .call import Call
from .call_in_thread import CallInThread
from .client import Client

__all__ = ["Attempt", "ChannelGo", "Pending", "is_unwritten"]


@define(eq=False)
class Attempt:
    """An attempt of a call, which has failed.

    Attributes:
        line: The connection that was chosen; None if there was none.
        call: The call there; None if it did not get so far, or the connection tells of none.
        error: How it has ended.
    """

    line: Line[Client] | None
    call: Call[Any] | None
    error: RpcError

    @property
    def is_unwritten(self) -> bool:
        """True if the connection took nothing of the call, since it has ended."""
        if self.call is not None:
            return is_unwritten(self.call)
        # The connection has carried the call out without telling of it.
        is_over = isinstance(self.error, (DisconnectedError, ShutdownError))
        return self.line is not None and is_over and self.error.started is False


def is_unwritten(call: Call[Any]) -> bool:
    """Return True for a call of which its connection took nothing, since it has ended."""
    error = call.error
    if isinstance(error, DisconnectedError):
        return error.started is False
    return call._seq < 0 and isinstance(error, ShutdownError)


class Pending:
    """A call that is made by the thread that waits for it, as interceptors do.

    Args:
        call: Carries it out.
        request: What is called.
    """

    def __init__(
        self, call: Callable[[Method[Any, Any], object, CallSettings], Call[Any]], request: Request
    ) -> None:
        self._call = call
        self._request = request
        self.metadata: Mapping[str, str] = NO_METADATA

    def result(self) -> Any:
        """Carry the call out and return its reply."""
        request = self._request
        try:
            call = self._call(request.method, request.args, request.settings)
        except ServerError as error:
            self.metadata = error.metadata
            raise
        self.metadata = call.metadata
        return call.reply


class Carrier(Protocol):
    """The channel, as far as a call needs it that somebody waits for later."""

    def _line_now(self) -> Line[Client] | None:
        """Return the line for a call, None if there is none now."""
        ...

    def _succeed(self, line: Line[Client]) -> None:
        """Take note of a call that has succeeded."""
        ...

    def _run_attempts(
        self,
        request: Request,
        attempt: Attempt | None,
        begun: Callable[[Call[Any]], None] | None = None,
    ) -> Call[Any]:
        """Carry a call out, or go on with it after an attempt that has failed."""
        ...


class ChannelGo(CallInThread):
    """Drives a `Call` that may take several attempts.

    The first one is read by the thread that reads the connection; where that fails for a reason
    that may pass, or there is no connection yet, a thread goes on.

    Args:
        channel: What carries it out.
        request: What is called.
        done: The queue into which the call is put when it is over.
    """

    def __init__(
        self, channel: Carrier, request: Request, done: DoneQueue[Call[Any]] | None
    ) -> None:
        super().__init__(request.method.name, request.args, done)
        self._channel = channel
        self._request = request

    def start(self) -> None:
        """Begin the call."""
        try:
            line = self._channel._line_now()
        except RpcError as error:
            reraise_interrupt(error)
            self.call._finish(None, error)
            return
        if line is None:
            self.run_in_thread(None)
            return
        request, watch = self._request, _Watch(self, line)
        self._begun(line.connection._go(request.method, request.args, request.settings, watch))

    def ended(self, line: Line[Client], inner: Call[Any]) -> None:
        """Take the end of the first attempt; called by whoever reads the connection."""
        error = inner.error
        if error is None:
            self._channel._succeed(line)
        if error is None or self.call.is_done() or not may_pass(error):
            self.call._finish(inner.reply, error, inner.metadata)
        else:
            self.run_in_thread(Attempt(line, inner, error))

    def run_in_thread(self, attempt: Attempt | None) -> None:
        """Go on in a thread; where there is none, the call is over."""
        self._start_thread(partial(self._run, attempt), "rpcgen-channel-go", "the call")

    def _run(self, attempt: Attempt | None) -> None:
        try:
            inner = self._channel._run_attempts(self._request, attempt, self._begun)
        except RpcError as error:
            metadata = error.metadata if isinstance(error, ServerError) else NO_METADATA
            self.call._finish(None, error, metadata)
        except BaseException as error:
            failure = RpcError(f"the call has failed: {error!r}")
            failure.__cause__ = error
            self.call._finish(None, failure)
        else:
            self.call._finish(inner.reply, None, inner.metadata)


class _Watch:
    """Queue of the first attempt, which is told of its end."""

    def __init__(self, going: ChannelGo, line: Line[Client]) -> None:
        self._going = going
        self._line = line

    def put_nowait(self, item: Call[Any], /) -> None:
        self._going.ended(self._line, item)
