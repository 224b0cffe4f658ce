"""The client's half of net/rpc, without I/O: sequence numbers, the pending map, replies.

::

    open ──close()──▶ closing ──receive_eof()──▶ closed
      └──receive_eof(), a broken stream──────────▶ closed

    state     begin()             receive()
    open      registers a call    completes calls
    closing   ShutdownError       completes calls that were answered before the close
    closed    ShutdownError       nothing

An API (threads or asyncio) hands in a waiter for each call and gets it back,
once, in a `Completion`. Mirrors ``rpc.Client``; `receive` is its ``input``.

Any thread may call `begin`, `abandon`, `weaken`, `stop`, `close` and `fail_all`
at any time. The API sees to it that one thread at a time is in `encode`, and
one in `receive` or `receive_eof`.

`receive`, `filled` and `receive_eof` forget the calls that they complete. A
API that an exception may interrupt at any bytecode takes their counterparts
`take`, `take_filled` and `fail_all` instead, which leave each call pending: it
tells the waiter, which must stand being told twice, and calls `abandon` after
that. So no call is lost between the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import count
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar
from weakref import ref

from attrs import define, field

from rpcgen._interrupts import reraise_interrupt
from rpcgen.errors import (
    DecodeError,
    DisconnectedError,
    RpcError,
    ServerError,
    ShutdownError,
    TruncatedError,
)
from rpcgen.method import Method
from rpcgen.schema import Schema

from .codec import (
    LARGE,
    ClientCodec,
    Encode,
    buffered_codec,
    checked,
    is_large,
    measured_codec,
    space,
)
from .headers import Request

__all__ = ["DONE_CAPACITY", "ClientProtocol", "Completion", "DoneQueue", "check_done"]

W = TypeVar("W")
T_contra = TypeVar("T_contra", contravariant=True)


DONE_CAPACITY = 10
"""How many calls the queue holds that a call makes for itself, as in Go."""


class DoneQueue(Protocol[T_contra]):
    """What receives calls when they are over: a `queue.Queue`, an `asyncio.Queue`, or the like."""

    def put_nowait(self, item: T_contra, /) -> None:
        """Take a call.

        Raises `queue.Full` or `asyncio.QueueFull` where there is no room: the
        call is not told again, so the queue must be large enough.
        """
        ...


def check_done(done: object) -> None:
    """Raise `TypeError` if ``done`` cannot keep a call until somebody comes for it.

    Go panics over an unbuffered channel. Python has no such queue: even a
    ``queue.Queue()``, of size 0, has room without end.
    """
    if not callable(getattr(done, "put_nowait", None)):
        raise TypeError(f"rpc: done channel is unbuffered: {done!r} is no queue.Queue or the like")


@define  # not frozen, which would make each of them take three times as long to make
class Completion(Generic[W]):
    """The end of one call: its waiter, and the reply or the error."""

    waiter: W
    reply: object = None
    error: RpcError | None = None
    seq: int = field(default=-1, eq=False)


# A call's number, its waiter, and what its reply is.
_Pending: TypeAlias = tuple[int, W, Schema[Any]]

# Stands for the response that is being read, where nobody waits for its body.
_UNAWAITED: Final = (-1, None, None)


class ClientProtocol(Generic[W]):
    """One connection's calls, generic over what waits for a reply."""

    def __init__(self, codec: ClientCodec) -> None:
        self._codec = codec
        self._measured = measured_codec(codec)
        self._buffered = buffered_codec(codec)
        self._encode: Encode[Request] = checked(codec, codec.encode_request)
        self._pending: dict[int, _Pending[W]] = {}
        # Calls that were given up: pending as long as somebody holds the waiter.
        self._weak: dict[int, tuple[ref[Any], Schema[Any]]] = {}
        self._seq = count()
        self.closing = False
        """True once `close` was called."""
        # Attributes, not properties: asked for each call.
        self.closed = False
        """Whether no reply can come any more."""
        # Set by an API that has large replies decoded by `decode_large`.
        self.defers_large = False
        self.has_large = False
        """True while a large reply is there that `decode_large` is to decode."""
        # Why no more calls are taken, if that is not because of `close`.
        self._stopped = ""
        # The call whose response's header has been read and whose body has not.
        self._current: _Pending[W] | tuple[int, None, None] | None = None
        self.is_cut = False
        """True if the last thing received ended in the middle of a response."""

    @property
    def codec(self) -> ClientCodec:
        """What encodes the requests and decodes the replies."""
        return self._codec

    @property
    def takes_calls(self) -> bool:
        """False once no further call can succeed."""
        return not (self.closing or self.closed or self._stopped)

    @property
    def pending(self) -> int:
        """The number of calls that wait for their reply."""
        return len(self._pending) + len(self._weak)

    @property
    def expects_one(self) -> bool:
        """Whether a single call is pending, and nothing of its response or another has come."""
        return len(self._pending) == 1 and self._current is None and not self._weak

    def begin(self, method: Method[Any, Any], waiter: W) -> int:
        """Register a call and return its sequence number.

        Raises `ShutdownError` on a connection that is closing or closed.
        """
        seq = next(self._seq)
        self._pending[seq] = seq, waiter, method.response
        # Registered first and looked at the state afterwards, while `_fail` closes first and
        # empties the map afterwards: without a lock, each call is failed here or there.
        if (self.closing or self.closed or self._stopped) and self.abandon(seq):
            raise ShutdownError
        return seq

    def encode(self, seq: int, method: Method[Any, Any], args: object) -> bytes:
        """Return the bytes of the request.

        Raises `EncodeError` if the arguments do not fit; `abandon` the call then.
        """
        try:
            parts = self._encode(Request(method.name, seq), method.request, args)
            # `joined` once more, which would be a call for every request.
            return parts[0] if len(parts) == 1 else b"".join(parts)
        except RpcError as error:
            reraise_interrupt(error)
            raise

    def encode_parts(self, seq: int, method: Method[Any, Any], args: object) -> Sequence[bytes]:
        """Return the same in parts, large parts of the arguments as they are: not copied."""
        try:
            return self._encode(Request(method.name, seq), method.request, args)
        except RpcError as error:
            reraise_interrupt(error)
            raise

    def abandon(self, seq: int) -> bool:
        """Forget a call: a reply that still comes is skipped. Say whether it was pending."""
        if self._pending.pop(seq, None) is not None:
            return True
        return bool(self._weak) and self._weak.pop(seq, None) is not None

    def weaken(self, seq: int) -> None:
        """Forget a call as soon as nobody else holds its waiter.

        For a call that was given up but may be waited for again. The waiter
        must allow weak references to it.
        """
        pending = self._pending.get(seq)
        if pending is None:
            return
        _, waiter, schema = pending
        weak = self._weak
        # In both maps for a moment, so that a reply finds it in one at any time.
        # Its end is a call of C alone: an exception from outside would get lost in there.
        weak[seq] = ref(waiter, partial(weak.pop, seq)), schema
        if self._pending.pop(seq, None) is None:  # ended meanwhile
            weak.pop(seq, None)

    def receive(self, data: bytes) -> list[Completion[W]]:
        """Take bytes from the server and return the calls that they complete.

        What the server does wrong fails the call that it answers, where that
        is known, or else every pending call, and closes.
        """
        return self._settle(self.take(data))

    def take(self, data: bytes) -> list[Completion[W]]:
        """Do the same as `receive`, but leave the calls pending."""
        if self.closed:
            return []
        looks = self.defers_large and (self.is_cut or len(data) > LARGE)
        self._codec.feed(data)
        return self._complete(looks)

    def space(self) -> memoryview | None:
        """Return where to put the next bytes from the server, or None to call `receive`.

        There is such memory in the middle of a large response.
        """
        return space(self._buffered) if self.is_cut else None

    def filled(self, count: int) -> list[Completion[W]]:
        """Take what was put into `space`; see `receive`."""
        return self._settle(self.take_filled(count))

    def take_filled(self, count: int) -> list[Completion[W]]:
        """Do the same as `filled`, but leave the calls pending."""
        if self.closed:
            return []
        assert self._buffered is not None  # it has given the memory
        self._buffered.buffer_updated(count)
        return self._complete(self.defers_large)

    def decode_large(self) -> list[Completion[W]]:
        """Decode the large reply that is there, and return the call that it completes.

        In a thread of its own, while nobody else is in `receive`, `filled` or
        `receive_eof`. Call `resume` afterwards.
        """
        self.has_large = False
        return self._settle(self._complete(only_one=True))

    def resume(self) -> list[Completion[W]]:
        """Go on after a large reply; see `receive`."""
        if self.closed or (self._measured is not None and not self._measured.pending):
            return []
        return self._settle(self._complete(True))

    def _settle(self, completions: list[Completion[W]]) -> list[Completion[W]]:
        """Forget the calls that are completed, and return those that nobody has ended before."""
        # First what `abandon` would do, for nearly all of them: that saves a call each time.
        pop = self._pending.pop
        if len(completions) == 1 and pop(completions[0].seq, None) is not None:
            return completions
        return [
            each
            for each in completions
            if pop(each.seq, None) is not None or self.abandon(each.seq)
        ]

    def _complete(self, looks: bool = False, *, only_one: bool = False) -> list[Completion[W]]:
        """Decode what is there; up to a large reply if ``looks``."""
        completions: list[Completion[W]] = []
        measured = self._measured
        self.is_cut = False
        try:
            while not (looks and self._find_large()):
                if self._current is None:
                    self._receive_header(completions)
                    if looks and self._find_large():
                        break
                self._receive_body(completions)
                # A codec that does not tell must be asked for the header.
                if only_one or (measured is not None and not measured.pending):
                    break
        except TruncatedError as error:
            reraise_interrupt(error)
            self.is_cut = True
        except DecodeError as error:
            reraise_interrupt(error)
            completions += self.fail_all(f"reading response: {error}")
        return completions

    def _find_large(self) -> bool:
        self.has_large = is_large(self._measured)
        return self.has_large

    def _receive_header(self, completions: list[Completion[W]]) -> None:
        response = self._codec.decode_response_header()
        seq = response.seq
        pending = self._pending.get(seq) or (self._weak and self._revived(seq))
        if not pending:
            self._current = _UNAWAITED
        elif response.error:
            # Known already: the body is no reply, and it does not matter whether it comes.
            completions.append(Completion(pending[1], None, ServerError(response.error), seq))
            self._current = _UNAWAITED
        else:
            self._current = pending

    def _revived(self, seq: int) -> _Pending[W] | None:
        """Return a call that was given up, if somebody still holds it."""
        found = self._weak.get(seq)
        waiter = found and found[0]()
        return (seq, waiter, found[1]) if found and waiter is not None else None

    def _receive_body(self, completions: list[Completion[W]]) -> None:
        assert self._current is not None
        seq, waiter, schema = self._current
        reply, error = None, None
        try:
            reply = self._codec.decode_response_body(schema)
        except TruncatedError:
            raise
        except DecodeError as decode_error:
            reraise_interrupt(decode_error)
            error = decode_error
        self._current = None
        if waiter is not None:
            completions.append(Completion(waiter, reply, error, seq))

    def receive_eof(self, reason: str = "unexpected EOF") -> list[Completion[W]]:
        """Take the end of the stream, or its failure for ``reason``: fail every pending call."""
        return self._settle(self.fail_all(reason))

    def fail_all(self, reason: str = "unexpected EOF") -> list[Completion[W]]:
        """Do the same as `receive_eof`, at any time and again, but leave the calls pending."""
        self.closed = True
        reason = self._stopped or reason
        # An error for each call: raised in many threads, one would mix their tracebacks.
        completions: list[Completion[W]] = []
        for seq in sorted({*self._pending, *self._weak}):
            pending = self._pending.get(seq) or self._revived(seq)
            if pending is not None:
                error = ShutdownError() if self.closing else DisconnectedError(reason)
                completions.append(Completion(pending[1], None, error, seq))
        return completions

    def stop(self, reason: str) -> None:
        """Take no more calls, since nothing can be sent any more.

        Args:
            reason: The text of the `DisconnectedError` of the calls that get no
                reply before the stream ends.
        """
        self._stopped = self._stopped or reason

    def close(self) -> None:
        """Take no more calls. Raises `ShutdownError` if that was said before."""
        if self.closing:
            raise ShutdownError
        self.closing = True
