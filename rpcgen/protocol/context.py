"""`CallContext`: what a handler can know of its call, and say beside its reply.

A call that uses nothing beyond Go's net/rpc has no context until somebody asks for it: a
variable of the thread or task holds the `Invocation`, and that makes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Final, Protocol

from rpcgen._records import ValueRecord
from rpcgen.code import Code
from rpcgen.errors import RpcError

from .headers import ExtendedRequest, Request
from .metadata import TRACEPARENT

__all__ = ["CallContext", "Event", "Peer", "Surroundings", "context", "current", "inherited"]


# An attribute of an enumeration takes longer to look up, for each call with a time limit.
_OK: Final = Code.OK

_NO_HEADERS: Final[Mapping[str, str]] = {}
# Time in seconds before a deadline in which a cancel is taken for its passing.
_SLACK_S: Final = 0.01


class Peer(ValueRecord):
    """The other end of a connection.

    Attributes:
        address: ``host:port``, or ``unix`` for a process of this machine.
        certificate: What `ssl.SSLSocket.getpeercert` gives of a client's certificate that was
            checked; None without one.
        uid: Number of the user at the other end of a unix socket; None where it is not known.
        headers: Fields of the CONNECT request, by names in lower case; empty without HTTP.
    """

    address: str
    certificate: Mapping[str, object] | None = None
    uid: int | None = None
    headers: Mapping[str, str] = _NO_HEADERS


class Event(Protocol):
    """Object that a thread waits for, such as a `threading.Event`."""

    def set(self) -> None:
        """Wake who waits."""
        ...

    def wait(self, timeout: float | None = None) -> bool:
        """Wait, for some seconds or forever; return whether `set` was called."""
        ...


class Surroundings(Protocol):
    """Services of the connection to the context of a call."""

    def clock(self) -> float:
        """Return the time in seconds by which deadlines are reckoned, `time.monotonic`."""
        ...

    @property
    def peer(self) -> Peer:
        """The client."""
        ...

    def make_event(self) -> Event:
        """Return an event for a thread to wait for."""
        ...


class CallContext:
    """One call, as its handler sees it beyond the arguments; `rpcgen.context` returns it.

    It may be used in any thread, and after the call is over.

    Attributes:
        deadline: Time of `time.monotonic`, in seconds, at which the caller gives up; None: never.
        reply_metadata: Texts that travel back beside the reply or the error, for the handler to
            fill, by names in lower-case ASCII.
    """

    __slots__ = (
        "_events",
        "_reason",
        "_request",
        "deadline",
        "reply_metadata",
        "surroundings",
    )

    surroundings: Surroundings
    """The connection; set at the latest when the handler begins."""

    def __init__(self, request: Request, deadline: float | None = None) -> None:
        self._request = request
        self.deadline = deadline
        self.reply_metadata: dict[str, str] = {}
        self._reason = _OK
        # Those that threads wait for. Appending is atomic, and comes before a look at the reason.
        self._events: list[Event] = []

    @property
    def method(self) -> str:
        """Name of the method, ``Service.Method``."""
        return self._request.service_method

    @property
    def peer(self) -> Peer:
        """The client."""
        return self.surroundings.peer

    @property
    def metadata(self) -> Mapping[str, str]:
        """Texts that came beside the arguments, by names in lower-case ASCII."""
        request = self._request
        return (request.metadata or {}) if isinstance(request, ExtendedRequest) else {}

    @property
    def key(self) -> str:
        """Idempotency key that came with the call; empty without one."""
        request = self._request
        return request.key if isinstance(request, ExtendedRequest) else ""

    @property
    def traceparent(self) -> str:
        """The W3C trace context that came with the call; empty without one."""
        return self.metadata.get(TRACEPARENT, "")

    @property
    def remaining(self) -> float | None:
        """Seconds until the deadline, 0 once it has passed; None without one."""
        if self.deadline is None:
            return None
        return max(0.0, self.deadline - self.surroundings.clock())

    @property
    def cancelled(self) -> bool:
        """True once nobody waits for the reply.

        The call was cancelled, is past its deadline, or the server has given its connection up.
        """
        return self._reason != Code.OK or self.remaining == 0.0

    def wait_cancelled(self, timeout: float | None = None) -> bool:
        """Wait until the call is `cancelled`, in a thread.

        Args:
            timeout: Maximum time to wait, in seconds; None: no limit.

        Returns:
            Whether the call is cancelled.
        """
        event = self.surroundings.make_event()
        self.tell(event)
        left = self.remaining
        if not self.cancelled:
            event.wait(left if timeout is None else timeout if left is None else min(timeout, left))
        return self.cancelled

    def tell(self, event: Event) -> None:
        """Have an event set when the call is given up; look at `is_told` afterwards.

        Args:
            event: The event.
        """
        self._events.append(event)

    @property
    def reason(self) -> Code:
        """Why the call was given up: CANCELLED or DEADLINE_EXCEEDED; OK as long as it is not."""
        if self._reason == Code.OK and self.remaining == 0.0:
            return Code.DEADLINE_EXCEEDED
        return self._reason

    def is_wanted(self, now: float) -> bool:
        """Return True if the call is not given up, and not past its deadline.

        Args:
            now: The time in seconds, by the clock of the deadline.
        """
        return not self._reason and (self.deadline is None or now < self.deadline)

    @property
    def is_told(self) -> bool:
        """True once `cancel` was called: a deadline passes without that."""
        return self._reason != Code.OK

    def cancel(self, reason: Code) -> None:
        """Take note that the call is given up, and wake the threads that wait for that.

        Args:
            reason: CANCELLED or DEADLINE_EXCEEDED.
        """
        if self._reason == Code.OK:
            # A caller cancels at its deadline, and may be a moment before the clock here.
            left = self.remaining
            is_late = left is not None and left < _SLACK_S
            self._reason = Code.DEADLINE_EXCEEDED if is_late else reason
        for event in tuple(self._events):
            event.set()


class HandledCall(Protocol):
    """A call under way, as far as its context is concerned: an `Invocation`."""

    context: CallContext | None
    """Context of the call; None until somebody asks, unless its header has more than Go's."""

    execution: Surroundings
    """Execution that carries it out, for its connection."""

    def make_context(self) -> CallContext:
        """Return the context, made now."""
        ...


current: Final[ContextVar[HandledCall | None]] = ContextVar("rpcgen call", default=None)
"""The call whose handler runs in a thread or task; None elsewhere."""


def context() -> CallContext:
    """Return the context of the call that is being handled here.

    Where a handler starts threads, they have it if they run in a copy of the handler's context,
    as those of `asyncio.to_thread` do.

    Raises:
        RpcError: No call is being handled here.
    """
    invocation = current.get()
    if invocation is None:
        raise RpcError("no call is handled here: rpcgen.context() is for handlers of a server")
    return invocation.context or invocation.make_context()


def inherited() -> CallContext | None:
    """Return what calls that are made here inherit a deadline and a trace from; None: nothing."""
    invocation = current.get()
    return None if invocation is None else invocation.context
