"""Replies that a server remembers by the idempotency keys of their calls.

::

    no such key ──▶ running, for whoever asks next to wait for ──▶ kept ──▶ forgotten

A call with a ``key`` that has been seen is answered with the first reply, or the first failure,
and its handler is not run. That is decided where the handler would be: interceptors see the
repeated call too, and have said who makes it.

What is kept is a copy, as the bytes that the reply has as gob: a handler may go on with the object
that it has returned, and the memory is measured rather than guessed.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from attrs import define, field, frozen

from rpcgen.code import Code
from rpcgen.errors import EncodeError, ServerError
from rpcgen.gob import dumps, loads
from rpcgen.method import Handler, Method
from rpcgen.values.limits import Limits

from .context import CallContext, current
from .execution import given_up
from .server_session import error_text
from .statistics import MakeLock

__all__ = ["Claim", "Remember", "ReplyMemory", "caller_of", "remembered"]

# Size in bytes of an entry beside its texts.
_OVERHEAD: Final = 512

# Practically none: bytes that were encoded here are not from a peer.
_LIMITS: Final = Limits(message=1 << 40, decoded=1 << 40)


def caller_of(context: CallContext) -> str:
    """Return who a caller has proven to be, empty where nothing is known.

    That is the subject of its certificate, else its number as a user of this machine.
    """
    peer = context.peer
    if peer.certificate is not None:
        return f"{peer.certificate.get('issuer')} {peer.certificate.get('subject')}"
    return "" if peer.uid is None else str(peer.uid)


@frozen(kw_only=True)
class Remember:
    """Limits on how long a server knows the reply of a call that came with a ``key``.

    Beyond any of the bounds the oldest replies are forgotten, and a key that is forgotten is new.

    Attributes:
        seconds: Time for which a reply is kept, in seconds, from when it was there.
        most: Maximum number of replies.
        most_bytes: Maximum size in bytes of all replies and keys together.
        caller: Returns who a caller is: what two callers do with the same key does not meet.
            Called in the place of the handler; see `caller_of`.

    Raises:
        ValueError: A bound is not greater than 0.
    """

    seconds: float = 60.0
    most: int = 10_000
    most_bytes: int = 64 << 20
    caller: Callable[[CallContext], str] = caller_of

    def __attrs_post_init__(self) -> None:
        for name in ("seconds", "most", "most_bytes"):
            if not getattr(self, name) > 0:
                raise ValueError(f"Remember({name}={getattr(self, name)!r}): must be above 0")

    def memory(self, clock: Callable[[], float], make_lock: MakeLock) -> ReplyMemory:
        """Return an empty memory with these bounds, whose calls may be in any thread.

        Args:
            clock: Returns the time in seconds.
            make_lock: Makes its lock.
        """
        return ReplyMemory(self, clock, make_lock)


_Place: TypeAlias = tuple[str, str, str]


@define(eq=False)
class _Entry:
    """A call that runs, or its outcome."""

    place: _Place
    args: bytes
    """Digest of the arguments; empty where they have none."""
    waiting: list[Callable[[], None]] = field(factory=list)
    is_settled: bool = False
    reply: bytes = b""
    error: BaseException | None = None
    metadata: dict[str, str] = field(factory=dict)
    expires: float = 0.0
    size: int = 0


class ReplyMemory:
    """The outcomes of calls with keys, and those calls that run.

    Args:
        remember: Its bounds.
        clock: Returns the time in seconds.
        make_lock: Makes the lock that is held for a moment each time.
    """

    def __init__(self, remember: Remember, clock: Callable[[], float], make_lock: MakeLock) -> None:
        self._remember = remember
        self._clock = clock
        self._make_lock = make_lock
        # Guards all below.
        self._lock = make_lock()
        self._running: dict[_Place, _Entry] = {}
        # The oldest first, which are the first to expire.
        self._kept: dict[_Place, _Entry] = {}
        self._bytes = 0

    def __len__(self) -> int:
        """Return the number of outcomes that are kept."""
        return len(self._kept)

    @property
    def bytes(self) -> int:
        """Size of what is kept, in bytes."""
        return self._bytes

    def renew_lock(self) -> None:
        """Make the lock anew, in a child process; nobody there ends the calls that ran."""
        self._lock = self._make_lock()
        self._running = {}

    def claim(self, method: Method[Any, Any], args: object) -> Claim | None:
        """Claim the key of the call that is handled here; None if it has none.

        Raises:
            ServerError: The key was used for other arguments.
        """
        call = current.get()
        context = None if call is None else call.context
        if context is None or not context.key:
            return None
        place = context.method, self._remember.caller(context), context.key
        digest = _digest(method, args)
        with self._lock:
            self._forget()
            entry = self._running.get(place) or self._kept.get(place)
            is_first = entry is None
            if entry is None:
                entry = self._running[place] = _Entry(place, digest)
        if entry.args != digest:
            raise ServerError(
                f"key {context.key!r} was used for other arguments: take a new one for each call"
                " that is not a repetition",
                code=Code.INVALID_ARGUMENT,
            )
        return Claim(self, entry, method, context, is_first)

    def wait(self, entry: _Entry, wake: Callable[[], None]) -> None:
        """Have a function called once an entry is settled, at once if it is."""
        with self._lock:
            if not entry.is_settled:
                entry.waiting.append(wake)
                return
        wake()

    def settle(self, entry: _Entry) -> None:
        """Keep an entry whose outcome is known, and wake who waits for it."""
        entry.size = _OVERHEAD + len(entry.reply) + sum(map(len, entry.place))
        entry.expires = self._clock() + self._remember.seconds
        with self._lock:
            self._running.pop(entry.place, None)
            self._kept[entry.place] = entry
            self._bytes += entry.size
            entry.is_settled = True
            waiting, entry.waiting = entry.waiting, []
            self._forget()
        for wake in waiting:
            wake()

    def _forget(self) -> None:
        """Forget what is too old, or too much. Under the lock."""
        kept, remember, now = self._kept, self._remember, self._clock()
        while kept:
            oldest = next(iter(kept.values()))
            if (
                oldest.expires > now
                and len(kept) <= remember.most
                and self._bytes <= remember.most_bytes
            ):
                return
            del kept[oldest.place]
            self._bytes -= oldest.size


@define(eq=False)
class Claim:
    """A call that has come with a key.

    Attributes:
        is_first: True if its handler is to be run, and `succeeded` or `failed` to be called;
            otherwise `outcome` tells what to answer, once another call is over.
    """

    _memory: ReplyMemory
    _entry: _Entry
    _method: Method[Any, Any]
    _context: CallContext
    is_first: bool

    def succeeded(self, reply: object) -> None:
        """Take note of what the handler has returned."""
        try:
            self._entry.reply = dumps(reply, self._method.response, strings="surrogateescape")
        except EncodeError as error:  # which whoever sends the reply meets as well
            self._entry.error = error
        self._settle()

    def failed(self, error: BaseException) -> None:
        """Take note of what the handler has raised."""
        if isinstance(error, Exception) or self._context.reason == Code.OK:
            self._entry.error = twin(error)
        else:  # a task that was cancelled, which nobody can tell how far it had come
            self._entry.error = given_up(self._context.reason)
        self._settle()

    def _settle(self) -> None:
        self._entry.metadata = dict(self._context.reply_metadata)
        self._memory.settle(self._entry)

    def wait(self) -> None:
        """Wait, in a thread, until `outcome` may be called, or nobody waits for the call."""
        context = self._context
        event = context.surroundings.make_event()
        context.tell(event)
        self._memory.wait(self._entry, event.set)
        if not context.is_told:
            event.wait(context.remaining)

    def when_settled(self, wake: Callable[[], None]) -> None:
        """Have a function called once `outcome` may be, by whichever thread ends the first call."""
        self._memory.wait(self._entry, wake)

    def outcome(self) -> object:
        """Return what the first call returned, and its metadata; raise what it raised.

        Raises:
            ServerError: Nobody waits for the call any more.
        """
        entry = self._entry
        if not entry.is_settled:
            raise given_up(self._context.reason)
        self._context.reply_metadata.update(entry.metadata)
        if entry.error is not None:
            raise twin(entry.error)
        return loads(entry.reply, self._method.response, strings="surrogateescape", limits=_LIMITS)


def remembered(memory: ReplyMemory, handler: Handler) -> Handler:
    """Return a plain handler that runs another one once for each key."""
    method, function = handler.method, handler.function

    def handle(args: Any) -> Any:
        claim = memory.claim(method, args)
        if claim is None:
            return function(args)
        if not claim.is_first:
            claim.wait()
            return claim.outcome()
        try:
            reply = function(args)
        except BaseException as error:
            claim.failed(error)
            raise
        claim.succeeded(reply)
        return reply

    return Handler(method, handle)


def _digest(method: Method[Any, Any], args: object) -> bytes:
    """Return what tells arguments from others, in few bytes; empty where nothing does."""
    try:
        encoded = dumps(args, method.request, strings="surrogateescape")
    except EncodeError:  # of an interceptor that has put something else in their place
        return b""
    return hashlib.blake2b(encoded, digest_size=16).digest()


def twin(error: BaseException) -> BaseException:
    """Return another exception that is answered alike.

    It holds no traceback, and so none of the variables of whoever has raised the first one.
    """
    text = error_text(error)
    for make in (copy.copy, _bare_copy):
        try:
            other = make(error)
        except Exception:  # a class that makes its own differently
            continue
        if error_text(other) == text:
            return other
    return RuntimeError(text)


def _bare_copy(error: BaseException) -> BaseException:
    """Return a copy without a call of ``__init__``."""
    other = type(error).__new__(type(error), *error.args)
    other.__dict__.update(vars(error))
    return other
