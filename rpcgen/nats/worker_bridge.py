"""`WorkerBridge`: makes calls of a server of requests of NATS, and messages of its responses."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from itertools import count
from typing import Final

from rpcgen.code import Code
from rpcgen.protocol.frames import CANCEL, FrameReader, frame, pack_number, too_large
from rpcgen.protocol.message import refusal
from rpcgen.resolve.nats_connection import Client, Msg, Subscription, sent

from .delivery import Delivery
from .listening import listen
from .outbox import End, Message, Outbox
from .subjects import QUEUE, call_subject, cancel_subject

__all__ = ["WorkerBridge"]

# Maximum time in seconds until a broker has said that it sends nothing more.
_UNSUBSCRIBE_S: Final = 2.0


class WorkerBridge:
    """The calls of one server by one connection to a broker, on one event loop.

    Args:
        client: The connection.
        end: The server's end.
        most_calls: Maximum number of calls under way; others are refused.
    """

    def __init__(self, client: Client, end: End, most_calls: int) -> None:
        self._client = client
        self._end = end
        self._most_calls = most_calls
        self._outbox = Outbox(client, end)
        self._delivery = Delivery(client, end)
        self._frames = FrameReader()
        self._numbers = count(1)
        # Where the responses go to, by number; and the other way round, for cancellations.
        self._replies: dict[int, str] = {}
        self._calls: dict[str, int] = {}
        self._subscriptions: dict[str, list[Subscription]] = {}
        # True once nothing more is handed to the server.
        self._is_over = False
        # Set once the server has hung up.
        self._is_lost = asyncio.Event()

    async def run(self) -> None:
        """Publish responses until this is cancelled, or the connection to the broker has ended."""
        await self._outbox.run()

    async def subscribe(self, services: Iterable[str]) -> None:
        """Take calls of further services."""
        for service in services:
            if service not in self._subscriptions:
                client = self._client
                self._subscriptions[service] = [
                    await listen(client, call_subject(service), self._heard, QUEUE),
                    await listen(client, cancel_subject(service), self._heard_cancel),
                ]

    def received(self, data: bytes) -> None:
        """Take frames from the server."""
        self._frames.feed(data)
        messages: list[Message] = []
        while (found := self._frames.next_frame()) is not None:
            _, number, _, message = found
            reply = self._replies.pop(number, None)
            if reply is not None:  # else the answer to a cancellation
                del self._calls[reply]
                if len(message) > self._client.max_payload:
                    message = self._too_large(message)
                messages.append((reply, message, ""))
        if messages:
            self._outbox.add_all(messages)

    def _too_large(self, message: bytes) -> bytes:
        """Return the answer instead of one that a broker which came after another does not take."""
        text = too_large(len(message), self._client.max_payload, "reply")
        return refusal(text, Code.UNKNOWN, unstarted=False)

    def lost(self) -> None:
        """Take the end of the server: what it has not answered it never will."""
        text = "the server was closed while the call was under way"
        for reply in self._replies.values():
            self._outbox.add(reply, refusal(text, Code.UNAVAILABLE, unstarted=False))
        self._replies.clear()
        self._calls.clear()
        self._is_over = True
        self._is_lost.set()

    async def wait_lost(self) -> None:
        """Wait until the server has hung up."""
        await self._is_lost.wait()

    async def drain(self) -> None:
        """Take no more calls, and have all those answered that were taken."""
        await self._in_time(self._unsubscribe)
        self._delivery.flush()
        # A broker that was away just now sends more calls when it is back.
        self._is_over = True
        self._end.send_eof()
        await self._is_lost.wait()
        await self._in_time(self._outbox.flushed)

    async def _in_time(self, step: Callable[[], Awaitable[None]]) -> None:
        """Take a step at the broker, if that is there."""
        if not self._client.is_connected:
            return
        with suppress(Exception):  # of the library, or it takes too long: the broker is away
            async with asyncio.timeout(_UNSUBSCRIBE_S):
                await step()

    async def _unsubscribe(self) -> None:
        """Have the broker send no more calls, and take those that it has sent."""
        taken = [each for pair in self._subscriptions.values() for each in pair]
        # First of all, and on its way: the PING of `Subscription.drain` overtakes its UNSUB, so
        # that it drops what comes between the answers to both. `micro.Service.stop` drops even
        # what is queued.
        for each in taken:
            await self._client._send_unsubscribe(each._id)
        await sent(self._client)
        await asyncio.gather(*(each.drain() for each in taken))  # type: ignore[no-untyped-call]

    def _heard(self, message: Msg) -> None:
        reply = message.reply
        if not reply or reply in self._calls:
            return  # nobody waits for an answer, or for two
        if len(self._replies) >= self._most_calls:
            text = f"too many calls are under way here: the limit is {self._most_calls}"
            self._outbox.add(reply, refusal(text, Code.RESOURCE_EXHAUSTED))
            return
        if self._is_over:
            text = "the server begins no more calls here: call another one"
            self._outbox.add(reply, refusal(text, Code.UNAVAILABLE))
            return
        number = next(self._numbers)
        self._replies[number], self._calls[reply] = reply, number
        self._delivery.add(frame(number, message.data))

    def _heard_cancel(self, message: Msg) -> None:
        number = self._calls.get(message.data.decode("utf-8", "replace"))
        if number is not None and not self._is_over:
            cancel = frame(next(self._numbers), pack_number(number), CANCEL)
            self._delivery.add(cancel)
