"""`ClientBridge`: makes requests of NATS of what a client sends, and frames of the responses."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from rpcgen.code import Code
from rpcgen.protocol.frames import CANCEL, Frame, FrameReader, frame, number_in
from rpcgen.protocol.headers import NOTICE_SEQ
from rpcgen.protocol.message import refusal
from rpcgen.resolve.nats_connection import Client, Msg, hang_up, is_unheard

from .delivery import Delivery
from .listening import listen
from .outbox import End, Message, Outbox
from .subjects import call_subject, cancel_subject

__all__ = ["ClientBridge"]

# Seconds between two looks at a connection whose end nats-py may not have told.
_LOOK_S: Final = 1.0


class ClientBridge:
    """The calls of one client by one connection to a broker, on one event loop.

    Args:
        client: The connection.
        broker: The broker's address, as it may be shown.
        end: The client's end.
        ended: Set when the connection has ended.
    """

    def __init__(self, client: Client, broker: str, end: End, ended: asyncio.Event) -> None:
        self._client = client
        self._ended = ended
        self._broker = broker
        self._end = end
        self._outbox = Outbox(client, end)
        self._delivery = Delivery(client, end)
        self._frames = FrameReader()
        self._inbox = client.new_inbox()
        # Numbers and services of the calls that wait for a response, by where that goes to.
        self._calls: dict[str, tuple[int, str]] = {}

    async def open(self) -> None:
        """Get ready for responses, before any call."""
        await listen(self._client, f"{self._inbox}.*", self._heard)

    async def run(self) -> None:
        """Carry calls until this is cancelled, or one of the two sides has ended."""
        publishing = asyncio.ensure_future(self._outbox.run())
        try:
            while not (self._ended.is_set() or self._client.is_closed):
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_S):
                        await self._ended.wait()
        finally:
            publishing.cancel()
            await hang_up(self._client)

    def lost(self) -> None:
        """Take the end of the client, or of the connection to the broker."""
        self._ended.set()

    def received(self, data: bytes) -> None:
        """Take frames from the client."""
        self._frames.feed(data)
        messages: list[Message] = []
        while (found := self._frames.next_frame()) is not None:
            kind, number, service, message = found
            if kind == CANCEL:
                self._cancel(found, messages)
                continue
            reply = self._reply_subject(number)
            self._calls[reply] = number, service
            messages.append((call_subject(service), message, reply))
        if messages:
            self._outbox.add_all(messages)

    def _reply_subject(self, number: int) -> str:
        return f"{self._inbox}.{number}"

    def _cancel(self, found: Frame, messages: list[Message]) -> None:
        """Have the server told that nobody waits for a call; the answer comes from here."""
        number = number_in(found.message)
        reply = self._reply_subject(number)
        call = self._calls.pop(reply, None)
        if number != NOTICE_SEQ and call is not None:
            messages.append((cancel_subject(call[1]), reply.encode(), ""))
        self._delivery.add(frame(found.number, b"", CANCEL))

    def _heard(self, message: Msg) -> None:
        call = self._calls.pop(message.subject, None)
        if call is None:
            return  # cancelled, or answered twice
        number, service = call
        data = message.data
        if not data and is_unheard(message):
            text = f"no server takes calls of {service} at {self._broker}"
            data = refusal(text, Code.UNAVAILABLE)
        self._delivery.add(frame(number, data))
