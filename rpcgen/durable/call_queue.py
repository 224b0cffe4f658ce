"""`CallQueue`: the client's end of durable calls, for either API."""

from __future__ import annotations

import asyncio
import math
import secrets
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Final, TypeVar

import nats.errors
from attrs import define, evolve, frozen

from rpcgen.code import Code
from rpcgen.errors import CallTimeoutError, EncodeError, RpcError, ServerError
from rpcgen.method import Method
from rpcgen.net import clock
from rpcgen.protocol.call_options import CallSettings
from rpcgen.protocol.message import encode_call
from rpcgen.resolve.brokers import Brokers, BrokerTarget

from .arguments import fingerprint
from .jetstream import JetStream, Kept, is_passing, is_unheard
from .loop import BrokerLoop
from .names import CallName, checked_key

__all__ = ["ARGUMENTS", "CallQueue", "Submission"]

T = TypeVar("T")

ARGUMENTS: Final = "Rpcgen-Arguments"
"""Header of a message that tells a call's arguments from others."""

# Seconds for leaving a call to the queue, and for a question, unless something else is said.
_SUBMIT_S: Final = 10.0

# Seconds between two attempts.
_PAUSE_S: Final = 0.2

# Seconds for looking once whether a reply is there.
_ASK_S: Final = 1.0

# Seconds after which a reply is looked for that nothing has told of.
_LOOK_S: Final = 5.0


@frozen
class Submission:
    """A call that is left to the queue.

    Attributes:
        method: What is called.
        key: Key of the call.
        payload: The request, as a message of its own.
        arguments: Tells the arguments from others.
        deadline: When to give up, by `time.monotonic`; `math.inf`: never.
    """

    method: Method[Any, Any]
    key: str
    payload: bytes
    arguments: str
    deadline: float

    @classmethod
    def of(cls, method: Method[Any, Any], args: object, settings: CallSettings) -> Submission:
        """Return the submission of a call with these arguments and settings.

        Raises:
            EncodeError: The arguments do not fit.
            ValueError: The key cannot be one.
        """
        key = checked_key(settings.key) if settings.key else secrets.token_hex(16)
        deadline = settings.deadline
        if deadline is None:
            deadline = math.inf if settings.wait_for_ready else clock.monotonic() + _SUBMIT_S
        # The deadline is that of leaving the call here, and no worker's.
        payload = encode_call(method, args, evolve(settings, key=key, deadline=None))
        return cls(method, key, payload, fingerprint(method, args), deadline)


class CallQueue:
    """Leaves calls to the queue of a broker, and waits for what becomes of them.

    Args:
        brokers: Where the queue is.
    """

    def __init__(self, brokers: BrokerTarget) -> None:
        brokers = Brokers.of(brokers)
        self._place = str(brokers)
        self._broker = BrokerLoop(brokers, "rpcgen durable client")
        self._jetstream: JetStream | None = None

    def close(self) -> None:
        """End the connection; what waits ends with `CancelledError`."""
        self._broker.close()

    def submit(self, submission: Submission) -> Future[None]:
        """Leave a call to the queue; done once the queue keeps it."""
        return self._broker.start(lambda: self._submit(submission))

    def reply(self, method: Method[Any, Any], key: str, timeout: float | None) -> Future[bytes]:
        """Wait for the reply to a call, for some seconds, and return it as a message."""
        return self._broker.start(lambda: self._reply(CallName(method.name), key, timeout))

    def is_over(self, method: Method[Any, Any], key: str) -> Future[bool]:
        """Return whether the reply to a call is there."""
        return self._broker.start(lambda: self._is_over(CallName(method.name), key))

    # --- in the thread --------------------------------------------------------------------------

    async def _submit(self, submission: Submission) -> None:
        name, progress = CallName(submission.method.name), _Progress(submission.key)

        async def attempt(jetstream: JetStream) -> Kept | None:
            await jetstream.prepare(name, None)
            return await _publish(jetstream, name, submission, progress)

        found = await self._attempts(attempt, submission.deadline, progress)
        if found is not None and found.headers.get(ARGUMENTS) != submission.arguments:
            raise ServerError(
                f"key {submission.key!r} was used for other arguments: take a new one for each"
                " call that is not a repetition",
                code=Code.INVALID_ARGUMENT,
                started=False,
            )

    async def _reply(self, name: CallName, key: str, timeout: float | None) -> bytes:
        until = math.inf if timeout is None else clock.monotonic() + timeout

        async def attempt(jetstream: JetStream) -> bytes | None:
            return await _wait_for_reply(jetstream, name, key, until)

        reply = None
        try:
            # To look once takes some time, also for who does not want to wait.
            async with asyncio.timeout(None if timeout is None else max(timeout, _ASK_S)):
                reply = await self._attempts(attempt, math.inf)
        except TimeoutError:
            pass
        if reply is None:
            reason = f" ({self._broker.trouble})" if self._broker.trouble else ""
            raise CallTimeoutError(
                f"{name.method}: no reply yet for key {key!r}{reason}; the call goes on"
            )
        return reply

    async def _is_over(self, name: CallName, key: str) -> bool:
        async def attempt(jetstream: JetStream) -> bool:
            return await _look_for_reply(jetstream, name, key) is not None

        return await self._attempts(attempt, clock.monotonic() + _SUBMIT_S)

    async def _attempts(
        self,
        attempt: Callable[[JetStream], Coroutine[Any, Any, T]],
        deadline: float,
        progress: _Progress | None = None,
    ) -> T:
        """Return what an attempt gives that does not meet a passing error.

        Args:
            attempt: Called with the streams, until it does not fail.
            deadline: When to give up, by `time.monotonic`.
            progress: How far a call has come that it adds to the queue, if it does.
        """
        reason = ""
        while True:
            left = deadline - clock.monotonic()
            try:
                async with asyncio.timeout(None if left == math.inf else max(left, 0)):
                    return await attempt(await self._connected())
            except nats.errors.MaxPayloadError as error:
                assert self._jetstream is not None
                raise _too_large(self._jetstream, self._place) from error
            except (nats.errors.Error, TimeoutError, OSError) as error:
                if not is_passing(error):
                    raise self._failed(str(error), progress) from error
                reason = _reason(error) or reason
                self._jetstream = None  # streams may have been deleted
            if deadline - clock.monotonic() <= _PAUSE_S:
                raise self._failed(self._broker.trouble or reason, progress)
            await asyncio.sleep(_PAUSE_S)

    async def _connected(self) -> JetStream:
        client = await self._broker.connected()
        if self._jetstream is None or self._jetstream.client is not client:
            self._jetstream = JetStream(client)
        return self._jetstream

    def _failed(self, reason: str, progress: _Progress | None) -> RpcError:
        advice: str = ""
        started: bool | None = False
        if progress is not None and progress.is_sent:
            started = None
            advice = f"; the queue may have the call: submit it again with key={progress.key!r}"
        error = RpcError(f"{self._place}: {reason or 'cannot be reached'}{advice}")
        error.code, error.started = Code.UNAVAILABLE, started
        return error


@define
class _Progress:
    """State of a call on its way into the queue.

    Attributes:
        key: Its key.
        is_sent: True once it was sent, so that the queue may have it.
    """

    key: str
    is_sent: bool = False


async def _publish(
    jetstream: JetStream, name: CallName, submission: Submission, progress: _Progress
) -> Kept | None:
    """Add a call to the queue; return what is there already, of the call or of its reply."""
    call, reply = name.call_subject(submission.key), name.reply_subject(submission.key)
    kept = await jetstream.find(name.replies, reply)
    if kept is not None:
        return kept
    headers = {ARGUMENTS: submission.arguments}
    progress.is_sent = True
    for is_gone in (False, True):  # the broker remembers calls longer than their replies are kept
        if await jetstream.publish_once(call, submission.payload, headers, is_gone=is_gone):
            return None
        kept = await jetstream.find(name.calls, call) or await jetstream.find(name.replies, reply)
        if kept is not None:
            return kept
    raise nats.errors.Error(f"the call with key {submission.key!r} has come and gone meanwhile")


async def _look_for_reply(jetstream: JetStream, name: CallName, key: str) -> Kept | None:
    """Return the reply to a call, None while the call is in the queue.

    Raises:
        RpcError: There is neither.
    """
    subject = name.reply_subject(key)
    kept = await jetstream.find(name.replies, subject)
    if kept is None and await jetstream.find(name.calls, name.call_subject(key)) is None:
        # Between the two, the call may have ended.
        kept = await jetstream.find(name.replies, subject)
        if kept is None:
            raise _unknown(name, key)
    return kept


async def _wait_for_reply(
    jetstream: JetStream, name: CallName, key: str, until: float
) -> bytes | None:
    """Wait for the reply to a call, and return it, None if it has not come in time."""
    told = asyncio.Event()

    async def tell(_: object) -> None:
        told.set()

    # A message here is a sign alone: the stream keeps the first reply, and drops others.
    subscription = await jetstream.client.subscribe(name.reply_subject(key), cb=tell)
    try:
        while (kept := await _look_for_reply(jetstream, name, key)) is None:
            left = until - clock.monotonic()
            if left <= 0:
                return None
            try:
                async with asyncio.timeout(min(left, _LOOK_S)):
                    await told.wait()
            except TimeoutError:
                pass  # nothing has told of it, which need not mean that nothing is there
            told.clear()
        return kept.data
    finally:
        if not jetstream.client.is_closed:
            await subscription.unsubscribe()


def _unknown(name: CallName, key: str) -> RpcError:
    error = RpcError(
        f"{name.method}: nothing is known of a call with key {key!r}: it was never made, has waited"
        " too long for a worker, or its reply is no longer kept"
    )
    error.code = Code.NOT_FOUND
    return error


def _too_large(jetstream: JetStream, place: str) -> EncodeError:
    most = jetstream.client.max_payload
    return EncodeError(
        f"the call is larger than the {most} bytes that {place} takes: raise max_payload of the"
        " broker, or send a reference to the data"
    )


def _reason(error: Exception) -> str:
    if is_unheard(error):
        return "nobody keeps calls there: start the broker with JetStream, nats-server -js"
    if isinstance(error, (nats.errors.TimeoutError, TimeoutError)):
        return "does not answer in time"
    return str(error)
