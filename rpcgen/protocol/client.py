"""The client's half of net/rpc, without I/O: sequence numbers, the pending map, replies.

::

    open ──close()──▶ closing ──receive_eof()──▶ closed
      └──receive_eof(), a broken stream──────────▶ closed

    state     begin()             receive()
    open      registers a call    completes calls
    draining  ShutdownError       completes calls: the server takes no more, and said so
    closing   ShutdownError       completes calls that were answered before the close
    closed    ShutdownError       nothing

An API (threads or asyncio) hands in a waiter for each call and gets it back,
once, in a `Completion`. Mirrors ``rpc.Client``; `receive` is its ``input``.

Any thread may call `begin`, `begin_cancel`, `expire`, `forget`, `weaken`, `stop`,
`close` and `fail_all` at any time. The API sees to it that one thread at a time is in `encode`, and
one in `receive` or `receive_eof`.

`receive`, `buffer_updated` and `receive_eof` forget the calls that they complete. A
API that an exception may interrupt at any bytecode takes their counterparts
`take`, `take_filled` and `fail_all` instead, which leave each call pending: it
tells the waiter, which must stand being told twice, and calls `forget` after
that. So no call is lost between the two.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import count
from typing import Any, Final, Generic, TypeAlias, TypeVar, cast
from weakref import ref

from rpcgen._interrupts import reraise_interrupt
from rpcgen.code import Code
from rpcgen.errors import (
    DecodeError,
    DisconnectedError,
    RemoteError,
    RpcError,
    ShutdownError,
    TruncatedError,
)
from rpcgen.method import Method

from .call_errors import deadline_error, server_error, unstarted, with_header
from .call_options import NO_METADATA, NO_OPTIONS, CallSettings
from .codec import (
    LARGE_MESSAGE_BYTES,
    ClientCodec,
    buffered_codec,
    extended_codec,
    get_buffer,
    is_large,
    measured_codec,
    next_header,
)
from .headers import (
    CANCEL_METHOD,
    NOTICE_SEQ,
    CancelArgs,
    ExtendedResponse,
    Feature,
    Response,
)
from .metadata import metadata_size
from .request_encoder import RequestEncoder

__all__ = [
    "CANCEL",
    "GREETING",
    "GREETING_S",
    "ClientProtocol",
    "Completion",
]

W = TypeVar("W")


CANCEL: Final = Method[CancelArgs, bool](CANCEL_METHOD)
"""Method that tells a server that nobody waits for a call any more."""

GREETING: Final = CancelArgs(NOTICE_SEQ)
"""Arguments of a `CANCEL` that cancels nothing."""

GREETING_S: Final = 30.0
"""Maximum time in seconds for the answer to it, where the call that needs it has no deadline."""

# Maximum size in bytes of metadata for which there is certainly room in a header to a server that
# is not known: it may take 512 bytes in all.
_MAX_UNKNOWN_METADATA: Final = 256

# Maximum number of cancels that the server has not answered: it seems to answer nothing.
_MAX_UNANSWERED_CANCELS: Final = 1024

# Time in seconds for each pending call from one look for deadlines to the next, at least: a tenth
# of the time, or less, goes into looking.
_LOOK_S: Final = 1e-6

_SHUT_DOWN: Final = "connection is shut down"
_DRAINING: Final = "the server is shutting down and takes no more calls: dial again"

# Time in seconds by which timers are early, here or there.
_SLACK_S: Final = 0.005


class Completion(Generic[W]):
    """The end of one call: its waiter, the reply or the error, and what came beside it."""

    __slots__ = ("error", "metadata", "reply", "seq", "waiter")

    def __init__(
        self,
        waiter: W,
        reply: object = None,
        error: RpcError | None = None,
        seq: int = -1,
        metadata: Mapping[str, str] = NO_METADATA,
    ) -> None:
        self.waiter = waiter
        self.reply = reply
        self.error = error
        self.seq = seq
        self.metadata = metadata

    def __repr__(self) -> str:
        return f"Completion({self.waiter!r}, {self.reply!r}, {self.error!r}, seq={self.seq})"

    def __eq__(self, other: object) -> bool:
        """Compare all but the number."""
        if not isinstance(other, Completion):
            return NotImplemented
        ours = (self.waiter, self.reply, self.error, self.metadata)
        return ours == (other.waiter, other.reply, other.error, other.metadata)

    __hash__ = None  # type: ignore[assignment]  # as that of whatever changes and is compared

    def taken(self) -> Any:
        """Return the reply, once, or raise the error: who keeps this keeps no large reply."""
        if self.error is not None:
            raise self.error
        reply, self.reply = self.reply, None
        return reply


# A call's number, its waiter, what is called, and how.
_Pending: TypeAlias = tuple[int, W, Method[Any, Any], CallSettings]

# Mark for the response that is being read, where nobody waits for its body.
_UNAWAITED: Final = (-1, None, None, NO_OPTIONS)


class ClientProtocol(Generic[W]):
    """One connection's calls, generic over what waits for a reply."""

    def __init__(self, codec: ClientCodec, clock: Callable[[], float] = lambda: 0.0) -> None:
        self._codec = codec
        self._clock = clock
        self._measured = measured_codec(codec)
        self._buffered = buffered_codec(codec)
        self._next_header = next_header(codec, codec.decode_response_header)
        self._decode_body = codec.decode_response_body
        requests = RequestEncoder(codec, clock)
        # Attributes: methods would be one more call for each request.
        self.encode = requests.encode
        """See `RequestEncoder.encode`; `forget` the call if that fails."""
        self.encode_parts = requests.encode_parts
        """See `RequestEncoder.encode_parts`; the same."""
        # The codec, if it carries what a call may have beyond Go's net/rpc.
        self._extended_codec = extended_codec(codec)
        self._pending: dict[int, _Pending[W]] = {}
        # Calls that were given up: pending as long as somebody holds the waiter.
        self._weak: dict[int, tuple[ref[Any], Method[Any, Any], CallSettings]] = {}
        self._seq = count()
        self.closing = False
        """True once `close` was called."""
        # Attributes, not properties: asked for each call.
        self.closed = False
        """True once no reply can come any more."""
        # Set by an API that has large replies decoded by `decode_large`.
        self.defers_large = False
        self.has_large = False
        """True while a large reply is there that `decode_large` is to decode."""
        # Why no more calls are taken, the first reason first; empty while they are.
        self._refusals: list[str] = []
        # Why nothing can be sent any more, if that is not because of `close`.
        self._stopped = ""
        self.is_draining = False
        """True once the server has said that it takes no more calls."""
        self.features = Feature(0)
        """Features that the server has announced."""
        self.is_known = False
        """Set to True once the server has answered a greeting, whatever it has said."""
        # Numbers of cancels that the server has not answered.
        self._cancels: set[int] = set()
        self._knows_cancel = True
        # The call whose response's header has been read and whose body has not.
        self._current: _Pending[W] | tuple[int, None, None, CallSettings] | None = None
        # That header, if it has more than Go's has.
        self._extended: ExtendedResponse | None = None
        self.is_silent = False
        """False once something has come since it was set to True."""
        self.is_cut = False
        """True if the last thing received ended in the middle of a response."""

    @property
    def codec(self) -> ClientCodec:
        """Codec that encodes the requests and decodes the replies."""
        return self._codec

    @property
    def takes_calls(self) -> bool:
        """False once no further call can succeed."""
        return not self._refusals

    @property
    def pending(self) -> int:
        """Number of calls that wait for their reply."""
        return len(self._pending) + len(self._weak)

    @property
    def expects_one(self) -> bool:
        """True if a single call is pending, and nothing of its response or another has come."""
        return len(self._pending) == 1 and self._current is None and not self._weak

    def begin(
        self, method: Method[Any, Any], waiter: W, settings: CallSettings = NO_OPTIONS
    ) -> int:
        """Register a call and return its sequence number.

        Raises:
            ShutdownError: The connection is closing or closed, or takes no more calls.
        """
        seq = next(self._seq)
        self._pending[seq] = seq, waiter, method, settings
        # Registered first and looked at the state afterwards, while `fail_all` closes first and
        # empties the map afterwards: without a lock, each call is failed here or there.
        if self._refusals and self.forget(seq):
            raise unstarted(ShutdownError(self._refusals[0]))
        return seq

    def needs_greeting(self, metadata: Mapping[str, str] | None) -> bool:
        """Return True if a server must be known before so much metadata is sent to it.

        `GREETING` is to be called then with a deadline, which has it say what it can do; servers
        of others answer with an error.
        """
        if not metadata or self.is_known or metadata_size(metadata) <= _MAX_UNKNOWN_METADATA:
            return False
        return not self.features & Feature.LARGE_HEADERS and self._extended_codec is not None

    def begin_cancel(self, seq: int) -> tuple[int, CancelArgs] | None:
        """Return number and arguments of a request that cancels a call which was encoded.

        It is a request for `CANCEL`; a reply to it tells nobody anything.

        Args:
            seq: Number of the call, or `NOTICE_SEQ`, which cancels none: a ping.

        Returns:
            None if it would be of no use.
        """
        if self.closing or self.closed or self._stopped:
            return None
        number = NOTICE_SEQ if seq == NOTICE_SEQ else self._cancellable(seq)
        if number is None:
            return None
        own = next(self._seq)
        self._cancels.add(own)
        return own, CancelArgs(number)

    def _cancellable(self, seq: int) -> int | None:
        """Return the number by which a request is cancelled, None if that is of no use."""
        if not self._knows_cancel or len(self._cancels) >= _MAX_UNANSWERED_CANCELS:
            return None
        return self._number(seq)

    def _number(self, seq: int) -> int | None:
        """Return the number by which the server means a request, None if it knows it not."""
        return None if self._extended_codec is None else self._extended_codec.request_number(seq)

    def expire(self) -> tuple[list[Completion[W]], float | None]:
        """End the calls whose deadlines have passed, but leave them pending; see `take`.

        Returns:
            Their ends, and the time of the clock at which to look again, None if no call that
            is left has a deadline.
        """
        now, due = self._clock(), math.inf
        completions: list[Completion[W]] = []
        pending = [*self._pending.values(), *filter(None, map(self._revived, tuple(self._weak)))]
        for seq, waiter, method, settings in pending:
            deadline = settings.deadline
            if deadline is None:
                continue
            if deadline <= now:
                completions.append(Completion(waiter, None, deadline_error(method.name), seq))
            elif deadline < due:
                due = deadline
        if due == math.inf:
            return completions, None
        return completions, max(due, now + _LOOK_S * len(pending))

    def forget(self, seq: int) -> bool:
        """Forget a call: a reply that still comes is skipped. Say whether it was pending."""
        if self._pending.pop(seq, None) is not None:
            return True
        return bool(self._weak) and self._weak.pop(seq, None) is not None

    def forget_all(self, completions: Iterable[Completion[W]]) -> None:
        """Forget the calls that are completed; see `forget`."""
        pop = self._pending.pop
        for each in completions:
            # The work of `forget`, for nearly all of them.
            if pop(each.seq, None) is None:
                self.forget(each.seq)

    def weaken(self, seq: int) -> None:
        """Forget a call as soon as nobody else holds its waiter.

        For a call that was given up but may be waited for again. The waiter
        must allow weak references to it.
        """
        pending = self._pending.get(seq)
        if pending is None:
            return
        _, waiter, method, settings = pending
        weak = self._weak
        # In both maps for a moment, so that a reply finds it in one at any time.
        # Its end is a call of C alone: an exception from outside would get lost in there.
        weak[seq] = ref(waiter, partial(weak.pop, seq)), method, settings
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
        looks = self.defers_large and (self.is_cut or len(data) > LARGE_MESSAGE_BYTES)
        self._codec.feed(data)
        return self._complete(looks)

    def get_buffer(self) -> memoryview | None:
        """Return where to put the next bytes from the server, or None to call `receive`.

        There is such memory in the middle of a large response.
        """
        return get_buffer(self._buffered) if self.is_cut else None

    def buffer_updated(self, count: int) -> list[Completion[W]]:
        """Take what was put into `get_buffer`; see `receive`."""
        return self._settle(self.take_filled(count))

    def take_filled(self, count: int) -> list[Completion[W]]:
        """Do the same as `buffer_updated`, but leave the calls pending."""
        if self.closed:
            return []
        assert self._buffered is not None  # it has given the memory
        self._buffered.buffer_updated(count)
        return self._complete(self.defers_large)

    def decode_large(self) -> list[Completion[W]]:
        """Decode the large reply that is there, and return the call that it completes.

        In a thread of its own, while nobody else is in `receive`, `buffer_updated` or
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
        # First what `forget` would do, for nearly all of them: that saves a call each time.
        pop = self._pending.pop
        if len(completions) == 1 and pop(completions[0].seq, None) is not None:
            return completions
        return [
            each for each in completions if pop(each.seq, None) is not None or self.forget(each.seq)
        ]

    def _complete(self, looks: bool = False, *, only_one: bool = False) -> list[Completion[W]]:
        """Decode what is there; up to a large reply if ``looks``."""
        completions: list[Completion[W]] = []
        self.is_cut = self.is_silent = False
        try:
            while not (looks and self._find_large()):
                if self._current is None and (
                    not self._receive_header(completions) or (looks and self._find_large())
                ):
                    break
                self._receive_body(completions)
                if only_one:
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

    def _receive_header(self, completions: list[Completion[W]]) -> bool:
        """Read the next header; return False where none has come."""
        response = self._next_header()
        if response is None:
            return False
        seq = response.seq
        pending = self._pending.get(seq) or (self._weak and self._revived(seq))
        if pending and type(response) is Response and not response.error:
            self._current = pending  # nearly always
            return True
        self._receive_extended(response)
        if not pending:
            self._current = _UNAWAITED
            self._receive_unawaited(response, completions)
        elif response.error:
            self._receive_error(pending, response, completions)
        else:
            self._current = pending
        return True

    def _receive_extended(self, response: Response) -> None:
        """Take note of what a header has beyond Go's."""
        if isinstance(response, ExtendedResponse):
            self._extended = response
            self.features |= Feature(response.features)

    def _receive_unawaited(self, response: Response, completions: list[Completion[W]]) -> None:
        """Take a response that answers no call that is pending."""
        self._extended = None
        if response.seq in self._cancels:
            self._cancels.discard(response.seq)
            if response.error:
                self._knows_cancel = False
        elif response.seq == NOTICE_SEQ:
            last = response.last if isinstance(response, ExtendedResponse) else 0
            completions += self._drain(last)

    def _receive_error(
        self, pending: _Pending[W], response: Response, completions: list[Completion[W]]
    ) -> None:
        seq, waiter, method, settings = pending
        if self._extended is not None and method.raised_as(self._extended.raised):
            self._current = pending  # the body is the exception
            return
        # Known already: the body is no reply, and it does not matter whether it comes.
        error = server_error(method, response)
        failure: RpcError = error
        if error.code == Code.DEADLINE_EXCEEDED and self._is_late(settings):
            failure = deadline_error(method.name)  # the server was a moment faster
            failure.started = error.started
        completions.append(Completion(waiter, None, failure, seq, error.metadata))
        self._current = _UNAWAITED
        self._extended = None

    def _is_late(self, settings: CallSettings) -> bool:
        return settings.deadline is not None and self._clock() > settings.deadline - _SLACK_S

    def _drain(self, last: int) -> list[Completion[W]]:
        """Take no more calls, and end those that the server does not begin: above ``last``."""
        self.is_draining = True
        self._refusals.append(_DRAINING)
        completions: list[Completion[W]] = []
        for seq in sorted({*self._pending, *self._weak}):
            number, pending = self._number(seq), self._pending.get(seq) or self._revived(seq)
            if pending is not None and (number is None or number > last):
                error = unstarted(ShutdownError(_DRAINING))
                completions.append(Completion(pending[1], None, error, seq))
        return completions

    def _revived(self, seq: int) -> _Pending[W] | None:
        """Return a call that was given up, if somebody still holds it."""
        found = self._weak.get(seq)
        waiter = found and found[0]()
        return (seq, waiter, *found[1:]) if found and waiter is not None else None

    def _receive_body(self, completions: list[Completion[W]]) -> None:
        assert self._current is not None
        seq, waiter, method, _ = self._current
        if self._extended is not None and waiter is not None and method is not None:
            self._receive_extended_body(seq, waiter, method, self._extended, completions)
            return
        reply, error = None, None
        try:
            reply = self._decode_body(None if method is None else method.response)
        except TruncatedError:
            raise
        except DecodeError as decode_error:
            reraise_interrupt(decode_error)
            error = decode_error
        self._current = None
        if waiter is not None:
            completions.append(Completion(waiter, reply, error, seq))

    def _receive_extended_body(
        self,
        seq: int,
        waiter: W,
        method: Method[Any, Any],
        response: ExtendedResponse,
        completions: list[Completion[W]],
    ) -> None:
        """Do the same after a header with more than Go's: the body may be an exception."""
        schema = method.raised_as(response.raised) if response.error else method.response
        body: object = None
        error: RpcError | None = None
        try:
            body = self._decode_body(schema)
        except TruncatedError:
            raise
        except DecodeError as decode_error:
            reraise_interrupt(decode_error)
            error = server_error(method, response) if response.error else decode_error
        self._current = self._extended = None
        if response.error and error is None:
            body, error = None, with_header(cast("RemoteError", body), response)
        completions.append(Completion(waiter, body, error, seq, response.metadata or NO_METADATA))

    def receive_eof(self, reason: str = "unexpected EOF") -> list[Completion[W]]:
        """Take the end of the stream, or its failure for ``reason``: fail every pending call."""
        return self._settle(self.fail_all(reason))

    def fail_all(self, reason: str = "unexpected EOF") -> list[Completion[W]]:
        """Do the same as `receive_eof`, at any time and again, but leave the calls pending."""
        self.closed = True
        self._refusals.append(_SHUT_DOWN)
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
        self._refusals.append(_SHUT_DOWN)

    def close(self) -> None:
        """Take no more calls. Raises `ShutdownError` if that was said before."""
        if self.closing:
            raise ShutdownError(_SHUT_DOWN)
        self.closing = True
        self._refusals.append(_SHUT_DOWN)
