"""`ClientBridge`: makes requests of NATS of what a client sends, and frames of the responses."""

from __future__ import annotations

import asyncio

from rpcgen.code import Code
from rpcgen.protocol.frames import CANCEL, Frame, FrameReader, frame, number_in
from rpcgen.protocol.headers import NOTICE_SEQ
from rpcgen.protocol.message import refusal
from rpcgen.resolve.nats_connection import Client, Msg, hang_up, is_unheard

from .outbox import End, Outbox
from .subjects import call_subject, cancel_subject

__all__ = ["ClientBridge"]


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
        self._frames = FrameReader()
        self._inbox = client.new_inbox()
        # Services of the calls that wait for a response, by their numbers.
        self._calls: dict[int, str] = {}

    async def open(self) -> None:
        """Get ready for responses, before any call."""
        await self._client.subscribe(f"{self._inbox}.*", cb=self._heard)

    async def run(self) -> None:
        """Carry calls until this is cancelled, or one of the two sides has ended."""
        publishing = asyncio.ensure_future(self._outbox.run())
        try:
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
        while (found := self._frames.next_frame()) is not None:
            if found.kind == CANCEL:
                self._cancel(found)
            else:
                self._calls[found.number] = found.service
                subject = call_subject(found.service)
                self._outbox.add(subject, found.message, self._reply_subject(found.number))

    def _reply_subject(self, number: int) -> str:
        return f"{self._inbox}.{number}"

    def _cancel(self, found: Frame) -> None:
        """Tell the server that nobody waits for a call; the answer comes from here."""
        number = number_in(found.message)
        service = self._calls.pop(number, None)
        if number != NOTICE_SEQ and service is not None:
            reply = self._reply_subject(number)
            self._outbox.add(cancel_subject(service), reply.encode())
        self._end.send(frame(found.number, b"", CANCEL))

    async def _heard(self, message: Msg) -> None:
        number = int(message.subject.rpartition(".")[2])
        service = self._calls.pop(number, None)
        if service is None:
            return  # cancelled, or answered twice
        data = message.data
        if not data and is_unheard(message):
            text = f"no server takes calls of {service} at {self._broker}"
            data = refusal(text, Code.UNAVAILABLE)
        self._end.send(frame(number, data))
