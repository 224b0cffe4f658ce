"""`Worker`: takes durable calls from the queue, has them carried out, and keeps the replies."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Final, TypeAlias, TypeVar

from attrs import field, frozen
from nats.errors import MaxPayloadError

from rpcgen.code import Code
from rpcgen.errors import DecodeError
from rpcgen.logs import server_log
from rpcgen.resolve.brokers import Brokers, BrokerTarget
from rpcgen.resolve.loop_thread import LoopThread
from rpcgen.resolve.nats_connection import Client, Msg, TroubleLog, sent, stay_connected

from .call_queue import ARGUMENTS
from .jetstream import JetStream
from .names import CallName, attempt_subject_of, reply_subject_of
from .options import WorkQueue, positive
from .outcome import failure
from .pull import Pull

__all__ = ["CarryOut", "Work", "Worker"]

T = TypeVar("T")

CarryOut: TypeAlias = Callable[[str, bytes], Awaitable[bytes]]
"""Carries out a method's request, given as a message, and returns the response as one."""

# Seconds between two looks at what the server serves.
_LOOK_S: Final = 1.0

# Seconds between two attempts at what the broker is to do.
_PAUSE_S: Final = 1.0

# Seconds between two looks for the end of calls, when the worker ends.
_END_LOOK_S: Final = 0.02

# Seconds for the connection's end.
_END_S: Final = 5.0

# Acknowledgements of a worker: the call is over, and it is worked on.
_OVER: Final = b"+ACK"
_WORKING: Final = b"+WPI"

# A worker shows so many times in each `Work.ack_wait` that it works on a call.
_SIGNS: Final = 3


def _brokers(broker: BrokerTarget) -> Brokers:
    return Brokers.of(broker)


@frozen
class Work:
    """Arguments of `Server.work`.

    Attributes:
        broker: ``nats://host:port``, or several, or what is known of them.
        in_flight: Maximum number of calls of each method that this worker carries out at a time.
        attempts: How often a call is begun with by workers that do not end it.
        ack_wait: Time in seconds after which a call is given to another worker, if the first one
            shows no sign of working on it.
        queue: How the broker is to keep calls and replies; None: as it does.

    Raises:
        DialError: The broker's address is none.
        TypeError: A value is of the wrong type.
        ValueError: A value is none that it can be.
    """

    broker: Brokers = field(converter=_brokers)
    in_flight: int = field(default=8, validator=positive)
    attempts: int = field(default=5, validator=positive)
    ack_wait: float = field(default=30.0, validator=positive)
    queue: WorkQueue | None = None


class Worker:
    """Works for the server of one process, from a thread of its own.

    The broker may come and go. What was begun while it was there is kept once it is there again.

    Args:
        work: Where, and how much.
        methods: Returns the durable methods that are served; called from the thread.
        carry_out: Carries out a call; awaited in the thread.
        is_due: Returns True once calls are not to be waited for any more, where the worker ends.
    """

    def __init__(
        self,
        work: Work,
        methods: Callable[[], Iterable[str]],
        carry_out: CarryOut,
        is_due: Callable[[], bool],
    ) -> None:
        self._work = work
        self._methods = methods
        self._carry_out = carry_out
        self._is_due = is_due
        self._is_stopped = False
        self._stopping = asyncio.Event()
        # Belong to the thread, as all else.
        self._client: Client | None = None
        self._pulls: dict[str, tuple[Pull, asyncio.Task[None]]] = {}
        self._busy: Counter[str] = Counter()
        self._calls: set[asyncio.Task[None]] = set()
        self._subjects: set[str] = set()
        self._troubles = TroubleLog(str(work.broker), "no durable calls from")
        self._thread = LoopThread(self._run, "rpcgen-durable-worker")

    def stop(self) -> None:
        """Begin to end: take no more calls; from any thread."""
        self._is_stopped = True
        self._thread.call_soon(self._stopping.set)

    def join(self) -> None:
        """Wait for the end: of the calls that were begun, or until it is due."""
        while not self._thread.join(_END_LOOK_S):
            if self._is_due():
                self._thread.stop()
                self._thread.join(_END_S)
                return

    # --- in the thread --------------------------------------------------------------------------

    async def _run(self) -> None:
        connection = asyncio.create_task(self._stay_connected())
        try:
            if not self._is_stopped:  # before there was a loop
                await self._stopping.wait()
            await self._end_pulls()
            while self._calls:
                await asyncio.wait(self._calls)
            if self._client is not None:
                await sent(self._client)
        finally:
            connection.cancel()
            await asyncio.wait((connection,), timeout=_END_S)

    async def _stay_connected(self) -> None:
        await stay_connected(
            self._work.broker,
            "rpcgen durable worker",
            self._work_through,
            self._troubles.note,
            self._note_reconnected,
        )

    async def _work_through(self, client: Client) -> None:
        """Take calls as long as a connection is there, or may be there again."""
        self._client = client
        try:
            while not client.is_closed:
                if not self._is_stopped:
                    self._look(client)
                await asyncio.sleep(_LOOK_S)
        finally:
            self._client = None
            await self._end_pulls()

    def _look(self, client: Client) -> None:
        """Begin with methods that are new."""
        for method in self._methods():
            known = self._pulls.get(method)
            if known is not None and not known[1].done():
                continue
            if known is not None and not known[1].cancelled() and (error := known[1].exception()):
                self._troubles.note(error)
            name = CallName(method)
            jetstream = JetStream(client)
            pull = Pull(jetstream, name, partial(self._room, method), partial(self._take, name))
            self._pulls[method] = pull, asyncio.create_task(self._pull(jetstream, name, pull))

    async def _pull(self, jetstream: JetStream, name: CallName, pull: Pull) -> None:
        await jetstream.prepare(name, self._work.queue)
        await jetstream.consume(name, self._work.ack_wait)
        self._troubles.clear()
        await pull.run()

    async def _end_pulls(self) -> None:
        tasks = [task for _, task in self._pulls.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self._pulls.clear()

    def _room(self, method: str) -> int:
        return self._work.in_flight - self._busy[method]

    def _take(self, name: CallName, message: Msg) -> None:
        """Begin with a call, unless that is done here already."""
        if message.subject in self._subjects:
            return
        self._subjects.add(message.subject)
        self._busy[name.method] += 1
        task = asyncio.create_task(self._handle(name, message))
        self._calls.add(task)
        task.add_done_callback(partial(self._ended, name, message.subject))

    def _ended(self, name: CallName, subject: str, task: asyncio.Task[None]) -> None:
        self._calls.discard(task)
        self._subjects.discard(subject)
        self._busy[name.method] -= 1
        if not task.cancelled() and (error := task.exception()):
            server_log.error("a durable call of %s was lost", name.method, exc_info=error)
        if name.method in self._pulls:
            self._pulls[name.method][0].look()

    async def _handle(self, name: CallName, message: Msg) -> None:
        """Carry a call out unless there is a reply to it; keep that, and end the call.

        If this process ends in the middle, the call is given to another worker.
        """
        signs = asyncio.create_task(self._show_signs(message))
        subject = reply_subject_of(message.subject)
        try:
            kept = await self._with_broker(name, lambda each: each.find(name.replies, subject))
            if kept is None:
                reply = await self._reply_to(name, message)
                await self._keep(name, subject, reply, message)
            await self._with_broker(name, lambda each: each.client.publish(message.reply, _OVER))
            attempts = attempt_subject_of(message.subject)
            await self._with_broker(name, lambda each: each.forget_attempts(name, attempts))
        finally:
            signs.cancel()

    async def _reply_to(self, name: CallName, message: Msg) -> bytes:
        subject = attempt_subject_of(message.subject)
        attempts = await self._with_broker(name, lambda each: each.attempts(name, subject))
        if attempts >= self._work.attempts:
            return failure(
                name.method,
                f"given up after {attempts} attempts: each worker that took the call has ended, or"
                " was silent, before there was a reply",
                Code.ABORTED,
            )
        # Before it begins: what follows may be the end of this process.
        await self._with_broker(name, lambda each: each.note_attempt(subject))
        try:
            return await self._carry_out(name.method, message.data)
        except DecodeError as error:  # of what nobody here has written
            return failure(name.method, str(error), Code.INVALID_ARGUMENT)

    async def _keep(self, name: CallName, subject: str, reply: bytes, message: Msg) -> None:
        """Keep a reply, unless there is one: the first one is what the caller gets."""
        headers = {ARGUMENTS: (message.headers or {}).get(ARGUMENTS, "")}

        async def publish(jetstream: JetStream, reply: bytes) -> None:
            for is_gone in (False, True):  # as that of an earlier call with this key may be
                if await jetstream.publish_once(subject, reply, headers, is_gone=is_gone):
                    return
                if await jetstream.find(name.replies, subject) is not None:
                    return

        async def keep(jetstream: JetStream) -> None:
            try:
                await publish(jetstream, reply)
            except MaxPayloadError:
                most = jetstream.client.max_payload
                text = f"the reply is larger than the {most} bytes that the broker takes"
                await publish(jetstream, failure(name.method, text, Code.RESOURCE_EXHAUSTED))

        await self._with_broker(name, keep)

    async def _show_signs(self, message: Msg) -> None:
        """Tell the broker again and again that the call is worked on."""
        while True:
            await asyncio.sleep(self._work.ack_wait / _SIGNS)
            if self._client is not None and self._client.is_connected:
                await self._client.publish(message.reply, _WORKING)

    async def _with_broker(self, name: CallName, act: Callable[[JetStream], Awaitable[T]]) -> T:
        """Return what an action gives, which is tried until it does not fail."""
        has_failed = False
        while True:
            client = self._client
            try:
                if client is not None and client.is_connected:
                    jetstream = JetStream(client)
                    if has_failed:  # streams may have been deleted
                        await jetstream.prepare(name, self._work.queue)
                    return await act(jetstream)
            except Exception as error:  # of the library, which a later attempt may not meet
                self._troubles.note(error)
                has_failed = True
            await asyncio.sleep(_PAUSE_S)

    async def _note_reconnected(self) -> None:
        self._troubles.clear()
        for pull, _ in self._pulls.values():
            pull.ask_anew()
